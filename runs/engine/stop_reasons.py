"""Why a run ended before it was done, and what that says of its answer."""

# Of a run that had to conclude.
REASONS = ("budget", "deadline", "context_full")
# Of one that ended, and whose answer is not what its schema asks for.
MISMATCH = "schema_mismatch"


def is_in_form(answer_kind: str, stop_reason: str) -> bool:
    """Whether the answer of a run that succeeded so, and had a form to bring it into, is in it."""
    cut_short = answer_kind == "partial" and stop_reason in REASONS
    return stop_reason != MISMATCH and not cut_short
