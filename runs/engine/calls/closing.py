"""The call with which a run concludes when its money or its time is out, and its fixed bound."""

from runs.engine import prompts, tokens
from runs.engine.pattern import Pattern
from runs.engine.provider.quirks import reasons
from runs.engine.roles import model_for
from runs.engine.types import Spec

REASONS = ("budget", "deadline")
# What may be said of the work so far, in bytes as sent, and how long the answer may be.
FINDINGS_BYTES = 8_000
OUTPUT_TOKENS = 1_500
REASONING_OUTPUT_TOKENS = 6_000
# An answer shorter than this is not worth its input.
MIN_OUTPUT_TOKENS = 256
CUT = "\n[…]\n"


def key(pattern: Pattern, reason: str) -> str:
    """The step key of the closing call."""
    return f"{pattern.key}/close/{reason}"


def closing_bound(spec: Spec, pattern: Pattern) -> tuple[str, int, int]:
    """Model, most input tokens and most output tokens of the closing call of a run."""
    step = pattern.step(pattern.closing)
    model = model_for(spec, step.role)
    # A prompt may say its findings more than once.
    longest = prompts.messages(spec, step, {"task": spec.task, "findings": "x" * FINDINGS_BYTES})
    output = REASONING_OUTPUT_TOKENS if reasons(model) else OUTPUT_TOKENS
    return model, tokens.bound_input(longest, [], None), output


def trim(findings: str, most_bytes: int = FINDINGS_BYTES) -> str:
    """Head and tail of the findings, in at most so many bytes as they are sent."""
    keep = len(findings)
    text = findings
    while len(tokens.sent(text)) > most_bytes:
        keep = keep * 9 // 10
        text = findings[: keep // 2] + CUT + findings[len(findings) - keep // 2 :]
    return text
