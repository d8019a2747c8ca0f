"""From a step's prompt to messages: overrides, one substitution, goals, custom instructions."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from runs.engine.step import Step
from runs.engine.types import Message, Spec

VARIABLE = re.compile(r"\{([a-z_]+)\}")
HALVES = ("system", "user")
FORM = """

In the end, the answer to the task is put into JSON of the schema below. Write JSON only where you
are asked for it, and see to it that nothing is missing which the schema has a place for:"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message. `variable` is the name that it stands for while that has no value."""

    text: str
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an override: of which step, in which half, with which variable."""

    step: str
    half: str
    variable: str
    message: str

    def __str__(self) -> str:
        return self.message


def fill(template: str, variables: Mapping[str, str]) -> str:
    """Put the variables in, in a single pass: what was put in is not looked at again."""
    return _joined(_pieces(template, variables))


def messages(spec: Spec, step: Step, variables: Mapping[str, str]) -> list[Message]:
    """The system and the user message of a step. Each half can be overridden by itself."""
    return [
        {"role": half, "content": _joined(pieces)}
        for half, pieces in composed(spec, step, variables).items()
    ]


def composed(spec: Spec, step: Step, variables: Mapping[str, str]) -> dict[str, list[Piece]]:
    """The messages of a step in pieces, so that its variables without a value can be told."""
    override = spec.prompts.get(step.key, {})
    system = override.get("system") or step.system
    user = override.get("user") or step.user
    return {
        "system": [*_pieces(system, variables, step.variables), *_wishes(spec)],
        "user": list(_pieces(user, variables, step.variables)),
    }


def _joined(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _pieces(
    template: str, variables: Mapping[str, str], known: Collection[str] = ()
) -> Iterator[Piece]:
    for n, part in enumerate(VARIABLE.split(template)):
        # Every other part is what stood in a pair of braces.
        if n % 2 == 0:
            yield Piece(part)
        elif part in variables:
            yield Piece(variables[part])
        else:
            yield Piece(f"{{{part}}}", variable=part if part in known else "")


def _wishes(spec: Spec) -> Iterator[Piece]:
    if spec.answer_schema:
        yield Piece(f"{FORM}\n{spec.answer_schema}")
    if spec.goals:
        goals = "\n".join(f"- {goal}" for goal in spec.goals)
        yield Piece(f"\n\nThe result has to meet these goals:\n{goals}")
    if spec.custom_instructions:
        yield Piece(f"\n\nFollow these instructions as well:\n{spec.custom_instructions}")


def problems(
    label: str, steps: Sequence[Step], prompts: Mapping[str, Mapping[str, str]]
) -> list[Fault]:
    """What is wrong with overrides of a pattern's prompts: names unknown or missing."""
    by_key = {step.key: step for step in steps}
    found = []
    for key, halves in prompts.items():
        if key in by_key:
            found += _faults(by_key[key], halves)
        else:
            known = ", ".join(by_key)
            found.append(Fault(key, "", "", f"{label} has no step “{key}”; its steps are {known}."))
    return found


def _faults(step: Step, halves: Mapping[str, str]) -> list[Fault]:
    found = [
        Fault(step.key, half, "", f"{step.key}: “{half}” is neither system nor user.")
        for half in halves
        if half not in HALVES
    ]
    for half in HALVES:
        used = set(VARIABLE.findall(halves.get(half) or ""))
        for name in sorted(used - set(step.variables)):
            said = f"there is no variable {{{name}}}; write {_list(step.variables)}."
            found.append(Fault(step.key, half, name, f"{step.key}.{half}: {said}"))
    if halves.get("user"):
        missing = set(step.required) - set(VARIABLE.findall(halves["user"]))
        for name in sorted(missing):
            said = f"{step.key}.user: {{{name}}} is missing."
            found.append(Fault(step.key, "user", name, said))
    return found


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names) or "none"
