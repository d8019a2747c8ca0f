"""What a run usually comes to, beside what it came to."""

from dataclasses import dataclass

from django.conf import settings
from pydantic import ValidationError

from runs.engine.registry import KNOWN
from runs.models import Run
from runs.selectors.medians import Medians, medians


@dataclass(frozen=True, slots=True)
class Usual:
    """`calls` are those of the pattern's formula, as `2–6`; empty where it says nothing of a run.

    `past` has the times of runs like it; None until it has ended, and where there are too few.
    """

    calls: str
    past: Medians | None


def usual(run: Run) -> Usual:
    """Of one run; one query, of a run that has ended."""
    whole = not run.cache_hit and not run.fork_step
    return Usual(_calls(run) if whole else "", _past(run) if whole and run.ended else None)


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


def _past(run: Run) -> Medians | None:
    """Of runs of its pattern with its model."""
    if run.started_at is None or run.simulated != settings.SIMULATED:
        return None
    found = medians([run.pattern], run.chosen_model).get(run.pattern)
    return found if found and found.enough else None
