"""What one run did and what it cost, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Subquery, Sum

from billing.models import Hold, LedgerEntry
from runs.models import Run, RunEvent, Step

# The events that say more than the journal's rows; text deltas are never stored.
SHOWN_EVENTS = (
    "step.finished",
    "tool.finished",
    "notice",
    "run.awaiting",
    "run.resumed",
    "artifact",
)


@dataclass(frozen=True, slots=True)
class Journal:
    """Steps in the order in which they began, and the events beside them."""

    steps: Sequence[Step]
    events: Sequence[RunEvent]
    held: dict[tuple[str, int], Decimal]


@dataclass(frozen=True, slots=True)
class Books:
    """A run's ledger entries with the run's and its steps' sums at the same moment."""

    entries: Sequence[LedgerEntry]
    run_usd: Decimal
    ledger_usd: Decimal
    steps_usd: Decimal


def journal(run: Run) -> Journal:
    """The steps, events and open holds of a run, in three queries."""
    holds = Hold.objects.filter(
        run_id=run.pk, state__in=[Hold.State.HELD, Hold.State.DISPATCHED]
    ).values_list("step_key", "attempt", "amount")
    return Journal(
        steps=list(run.steps.order_by("id")),
        events=list(run.events.filter(type__in=SHOWN_EVENTS).order_by("seq")),
        held={(key, attempt): amount for key, attempt, amount in holds},
    )


def books(run: Run) -> Books:
    """The three sums that have to be equal, read in one statement so that none is newer."""
    row = Run.objects.filter(pk=OuterRef("run_id"))
    steps = (
        Step.objects.filter(run_id=OuterRef("run_id"))
        .values("run_id")
        .annotate(sum=Sum("cost_usd"))
        .values("sum")
    )
    entries = list(
        LedgerEntry.objects.filter(run_id=run.pk)
        .annotate(run_usd=Subquery(row.values("cost_usd")), steps_usd=Subquery(steps))
        .order_by("id")
    )
    if not entries:
        return Books((), run.cost_usd, Decimal(0), Decimal(0))
    return Books(
        entries=entries,
        run_usd=entries[0].run_usd,
        ledger_usd=sum((entry.amount for entry in entries), Decimal(0)),
        steps_usd=entries[0].steps_usd or Decimal(0),
    )
