"""From which steps of a run others can go on, and which runs did."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.models import User
from runs.engine.calls.closing import concludes
from runs.engine.calls.purse import TOOL as PURSE
from runs.models import Run, Step
from runs.states import StepStatus

# A tool's refusal is an answer too; a failed LLM call is none.
FINISHED = Q(status=StepStatus.DONE) | Q(kind=Step.Kind.TOOL, response__isnull=False)
ENDS = ("step.finished", "tool.finished")
MOST_RUNS = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """The finished steps of a run up to one of them, which another run takes over."""

    key: str
    step_ids: Sequence[int]
    cost_usd: Decimal

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.step_ids)


def taken_up_to(run: Run, step: str | int) -> Taken | None:
    """What is taken over with a step of a run that has ended, named by key or by its last event.

    Steps count in the order in which they began. The call that concluded the run is none of them:
    whoever goes on doesn't conclude there. None where no such step has finished.
    """
    key = step if isinstance(step, str) else _key_of(run, step)
    rows = (
        run.steps.filter(FINISHED)
        .annotate(paid_usd=Coalesce("taken_usd", "cost_usd"))
        .order_by("id")
        .values_list("id", "key", "paid_usd", "request__tool")
    )
    found = [row for row in rows if not concludes(row[1])]
    places = [place for place, row in enumerate(found) if row[1] == key]
    if key is None or not places:
        return None
    # Whoever goes on has a purse of its own to look into.
    taken = [row for row in found[: places[-1] + 1] if row[3] != PURSE]
    return Taken(key, [row[0] for row in taken], sum((row[2] for row in taken), Decimal(0)))


def _key_of(run: Run, seq: int) -> str | None:
    """The step whose end an event tells."""
    event = run.events.filter(seq=seq, type__in=ENDS).first()
    return str(event.data["key"]) if event else None


def forks_of(user: User, run: Run) -> list[Run]:
    """A user's runs that went on from this one, newest first."""
    forks = Run.objects.visible_to(user).filter(forked_from=run)
    return list(forks.defer("answer").order_by("-id")[:MOST_RUNS])
