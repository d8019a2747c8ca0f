"""The call with which a run concludes when money, time or the window is out; its fixed bound."""

from runs.engine import prompts, tokens
from runs.engine.provider.reasoning import reasons
from runs.engine.roles import model_for
from runs.engine.step import Step
from runs.engine.types import Spec

REASONS = ("budget", "deadline", "context_full")
# What may be said of the work so far in each variable, in bytes as sent, and how long the answer
# may be.
CARRIED_BYTES = 8_000
# Where the window is smaller than that, less of it is carried.
TRIMS = (CARRIED_BYTES, CARRIED_BYTES // 4, CARRIED_BYTES // 16)
OUTPUT_TOKENS = 1_500
REASONING_OUTPUT_TOKENS = 6_000
CUT = "\n[…]\n"


def position(reason: str) -> str:
    """The place of the closing call in a run; no other call has it."""
    return f"close/{reason}"


def closing_bound(spec: Spec, step: Step) -> tuple[str, int, int]:
    """Model, most input tokens and most output tokens of the call that closes with this step."""
    model = model_for(spec, step.role)
    output = REASONING_OUTPUT_TOKENS if reasons(model) else OUTPUT_TOKENS
    return model, longest_input(spec, step), output


def longest_input(spec: Spec, step: Step) -> int:
    """The most input tokens of this step when each of its variables is as long as it may be."""
    # A prompt may use a variable more than once.
    carried = dict.fromkeys(step.carries, "x" * CARRIED_BYTES)
    longest = prompts.messages(spec, step, {"task": spec.task} | carried)
    return tokens.bound_input(longest, [], None)


def trim(text: str, most_bytes: int = CARRIED_BYTES) -> str:
    """Head and tail of a text, in at most so many bytes as they are sent."""
    keep = len(text)
    trimmed = text
    while len(tokens.sent(trimmed)) > most_bytes:
        keep = keep * 9 // 10
        trimmed = text[: keep // 2] + CUT + text[len(text) - keep // 2 :]
    return trimmed
