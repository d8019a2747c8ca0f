"""The usage report, which the page and the API share, and the dearest runs beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from accounts.models import User
from billing.selectors import spend
from runs.models import Run

DEAREST = 5
SOURCES: dict[str, Any] = {
    "day": TruncDate("created_at", tzinfo=UTC),
    "model": F("chosen_model"),
    "pattern": F("pattern"),
    "user": F("owner__email"),
}


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Sums of one group, by the names that were asked for.

    `runs` were submitted, on the day of the submit and for the model that was chosen. All else
    was charged, on the day on which its money was held and for the model that was called; a run
    is in `charged_runs` once, where its first charge is.
    """

    groups: dict[str, Any]
    simulated: bool
    cost_usd: Decimal = Decimal(0)
    saved_usd: Decimal = Decimal(0)
    runs: int = 0
    charged_runs: int = 0
    llm_calls: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


def usage_report(
    groups: Sequence[str], *, first: date, last: date, owner: User | None
) -> list[UsageRow]:
    """One row per combination of groups, in their order; two queries.

    Real and simulated dollars have rows of their own. Without an owner, the whole site's.
    """
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    parts = (
        spend.spend_by(groups, first=first, last=last, owner=owner),
        _runs_by(groups, first=first, last=last, owner=owner),
    )
    for part in parts:
        for found in part:
            names = {group: found.pop(f"by_{group}") for group in groups}
            key = (*names.values(), found["simulated"])
            merged.setdefault(key, {"groups": names}).update(found)
    return [UsageRow(**merged[key]) for key in sorted(merged)]


def _runs_by(
    groups: Sequence[str], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    begin = datetime.combine(first, time.min, UTC)
    end = datetime.combine(last, time.min, UTC) + timedelta(days=1)
    runs = Run.objects.all() if owner is None else Run.objects.visible_to(owner)
    keys = {f"by_{group}": SOURCES[group] for group in groups}
    submitted = runs.filter(created_at__gte=begin, created_at__lt=end)
    rows = submitted.order_by().values("simulated", **keys)
    sums = rows.annotate(runs=Count("*"), saved_usd=Sum("saved_usd"))
    return [dict(row) for row in sums]


@dataclass(frozen=True, slots=True)
class RunCost:
    """What one run has cost. `task` is empty when the run was deleted."""

    run_id: UUID
    task: str
    pattern: str
    day: date
    amount: Decimal


def dearest_runs(user: User, *, first: date, last: date, simulated: bool) -> list[RunCost]:
    """The dearest of the runs whose first charge is on one of these days; two queries."""
    charges = spend.dearest_runs(user, first=first, last=last, simulated=simulated, count=DEAREST)
    runs = Run.objects.visible_to(user).filter(pk__in=[charge.run_id for charge in charges])
    tasks = dict(runs.values_list("pk", "task"))
    return [
        RunCost(run_id, tasks.get(run_id, ""), pattern, day, amount)
        for run_id, pattern, day, amount in charges
    ]
