"""What a run usually comes to, beside what it came to."""

from dataclasses import dataclass

from pydantic import ValidationError

from runs.engine.registry import KNOWN
from runs.models import Run
from runs.selectors.medians import Medians


@dataclass(frozen=True, slots=True)
class Usual:
    """`calls` are those of the pattern's formula, as `2–6`; empty where it says nothing of a run.

    `past` has the times of runs like it; None until it has ended, and where there are too few.
    """

    calls: str
    past: Medians | None


def usual(run: Run, past: Medians | None) -> Usual:
    """Of one run; its calls are left out where it doesn't buy all of them."""
    whole = not run.cache_hit and not run.fork_step
    return Usual(_calls(run) if whole else "", past)


def _calls(run: Run) -> str:
    """The least and the most calls, before repairs and retries."""
    pattern = KNOWN.get(run.pattern)
    if pattern is None:
        return ""
    try:
        options = pattern.params.model_validate(run.params)
    except ValidationError:
        return ""
    least, _, most = pattern.formula(options, form=bool(run.config.get("answer_schema")))
    return f"{least}" if least == most else f"{least}–{most}"
