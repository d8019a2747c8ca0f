"""From a step's prompt to messages: overrides, one substitution, goals, custom instructions."""

import re
from collections.abc import Mapping, Sequence

from runs.engine.step import Step
from runs.engine.types import Message, Spec

VARIABLE = re.compile(r"\{([a-z_]+)\}")
HALVES = ("system", "user")


def fill(template: str, variables: Mapping[str, str]) -> str:
    """Put the variables in, in a single pass: what was put in is not looked at again."""
    return VARIABLE.sub(lambda found: variables.get(found[1], found[0]), template)


def messages(spec: Spec, step: Step, variables: Mapping[str, str]) -> list[Message]:
    """The system and the user message of a step. Each half can be overridden by itself."""
    override = spec.prompts.get(step.key, {})
    system = fill(override.get("system") or step.system, variables)
    user = fill(override.get("user") or step.user, variables)
    return [
        {"role": "system", "content": system + _wishes(spec)},
        {"role": "user", "content": user},
    ]


def _wishes(spec: Spec) -> str:
    text = ""
    if spec.goals:
        text += "\n\nThe result has to meet these goals:\n" + "\n".join(
            f"- {g}" for g in spec.goals
        )
    if spec.custom_instructions:
        text += f"\n\nFollow these instructions as well:\n{spec.custom_instructions}"
    return text


def problems(
    label: str, steps: Sequence[Step], prompts: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """What is wrong with overrides of a pattern's prompts: names unknown or missing."""
    by_key = {step.key: step for step in steps}
    found = []
    for key, halves in prompts.items():
        if key in by_key:
            found += _faults(by_key[key], halves)
        else:
            found.append(f"{label} has no step “{key}”; its steps are {', '.join(by_key)}.")
    return found


def _faults(step: Step, halves: Mapping[str, str]) -> list[str]:
    found = [
        f"{step.key}: “{half}” is neither system nor user." for half in halves if half not in HALVES
    ]
    for half in HALVES:
        used = set(VARIABLE.findall(halves.get(half) or ""))
        found += [
            f"{step.key}.{half}: there is no variable {{{name}}}; write {_list(step.variables)}."
            for name in sorted(used - set(step.variables))
        ]
    if halves.get("user"):
        missing = set(step.required) - set(VARIABLE.findall(halves["user"]))
        found += [f"{step.key}.user: {{{name}}} is missing." for name in sorted(missing)]
    return found


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names) or "none"
