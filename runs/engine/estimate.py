"""How large a run's calls can become, before any is made: from its prompts, parameters and caps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runs.engine import prompts, tokens
from runs.engine.calls.transcript import CONTEXT_TOKENS, MAX_CONTEXT_SHARE
from runs.engine.context import output_cap
from runs.engine.form import Form, form_of, form_step
from runs.engine.pattern import AnyPattern
from runs.engine.roles import model_for
from runs.engine.step import Step
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Spec

# Holds count the bytes of what earlier calls wrote; few texts have more of them to a token.
BYTES_PER_TOKEN = 6


@dataclass(frozen=True, slots=True)
class Size:
    """One call that could be made."""

    model: str
    input_tokens: int
    output_tokens: int


def call_sizes(
    spec: Spec, pattern: AnyPattern, params: Any, calls: int, *, held: bool
) -> Iterator[list[Size]]:
    """For each of so many calls in turn, what each step of the pattern would be there.

    Every answer is as long as its cap. Input is as the holds bound it when `held`, with all that
    tools may return; else as it is counted, without tool results.
    """
    if pattern.one_call:
        yield [Size(*pattern.closing_bound(spec))]
        return
    carry = _Carry(spec, pattern, params, held)
    form = form_of(spec)
    steps = [*pattern.steps, *([form_step(pattern.closing)] if form else [])]
    openings = [(step, _opening(spec, pattern, step, held, form)) for step in steps]
    for made in range(calls):
        yield [
            Size(
                model_for(spec, step.role),
                opening + carry.after(made, step),
                output_cap(spec, step),
            )
            for step, opening in openings
        ]


class _Carry:
    """What a call is sent of the calls before it."""

    def __init__(self, spec: Spec, pattern: AnyPattern, params: Any, held: bool) -> None:
        size = BYTES_PER_TOKEN if held else 1
        self._answer = size * max(output_cap(spec, step) for step in pattern.steps)
        self._conversation = pattern.conversation
        self._turn = pattern.turn_bytes(params) if held else 0
        self._most = size * int(CONTEXT_TOKENS * MAX_CONTEXT_SHARE)

    def after(self, made: int, step: Step) -> int:
        """Input tokens carried into a call when so many were made."""
        if self._conversation:
            return min(made * (self._answer + self._turn), self._most)
        return min(made, len(step.carries)) * self._answer


def _opening(spec: Spec, pattern: AnyPattern, step: Step, held: bool, form: Form | None) -> int:
    """The step's prompt with the task alone, the declared tools, and the form of an answer."""
    blank = dict.fromkeys(step.variables, "")
    messages = prompts.messages(spec, step, blank | {"task": spec.task})
    tools = ToolBox(spec.tools, spec.declared).specs() if pattern.needs_tools else []
    measure = tokens.bound_input if held else tokens.count_input
    return measure(messages, tools, form.sent if form and step.writes else None)
