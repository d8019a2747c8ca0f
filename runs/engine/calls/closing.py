"""The call with which a run concludes when money, time or the window is out; its fixed bound."""

from runs.engine import prompts, tokens
from runs.engine.form import Form, form_of, form_step
from runs.engine.provider.reasoning import calmed, cap_factor
from runs.engine.roles import model_for
from runs.engine.step import Step
from runs.engine.stop_reasons import REASONS
from runs.engine.types import Spec

# What may be said of the work so far in each variable, in bytes as sent, and how long the answer
# may be.
CARRIED_BYTES = 8_000
# Where the window is smaller than that, less of it is carried.
TRIMS = (CARRIED_BYTES, CARRIED_BYTES // 4, CARRIED_BYTES // 16)
OUTPUT_TOKENS = 1_500
CUT = "\n[…]\n"


def position(reason: str) -> str:
    """The place of the closing call in a run; no other call has it."""
    return f"close/{reason}"


def concludes(key: str) -> bool:
    """True of a step key that is the closing call's."""
    place = key.partition("/")[2] + "/"
    return any(place.startswith(f"{position(reason)}/") for reason in REASONS)


def closing_bound(spec: Spec, step: Step) -> tuple[str, int, int]:
    """Model, most input tokens and most output tokens of the call that closes with this step.

    Where the answer has a form, it may be the call that puts into it what is there.
    """
    model = model_for(spec, step.role)
    output = OUTPUT_TOKENS * cap_factor(model, calmed(spec.reasoning_effort))
    form = form_of(spec)
    longest = longest_input(spec, step, form)
    if form:
        longest = max(longest, longest_input(spec, form_step(step), form))
    return model, longest, output


def longest_input(spec: Spec, step: Step, form: Form | None = None) -> int:
    """The most input tokens of this step when each of its variables is as long as it may be."""
    # A prompt may use a variable more than once.
    carried = dict.fromkeys(step.carries, "x" * CARRIED_BYTES)
    longest = prompts.messages(spec, step, {"task": spec.task} | carried)
    return tokens.bound_input(longest, [], form.sent if form else None)


def trim(text: str, most_bytes: int = CARRIED_BYTES) -> str:
    """Head and tail of a text, in at most so many bytes as they are sent."""
    keep = len(text)
    trimmed = text
    while len(tokens.sent(trimmed)) > most_bytes:
        keep = keep * 9 // 10
        trimmed = text[: keep // 2] + CUT + text[len(text) - keep // 2 :]
    return trimmed
