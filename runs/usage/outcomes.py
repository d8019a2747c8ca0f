"""What became of the runs that were submitted in a range, and in the one before it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Case, Count, Q, Sum, Value, When

from accounts.models import User
from runs.models import Run
from runs.states import ACTIVE, Status

Moments = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Runs of one chosen model and pattern; `earlier` are those of the range before."""

    earlier: bool
    simulated: bool
    model: str
    pattern: str
    runs: int
    active: int
    succeeded: int
    failed: int
    good: int
    saved_usd: Decimal
    routing_saved_usd: Decimal


@dataclass(frozen=True, slots=True)
class Sessions:
    """How many sessions the runs of a range belong to, and what those runs cost."""

    count: int
    cost_usd: Decimal

    @property
    def per_session(self) -> Decimal | None:
        """Dollars for each; None where there is none."""
        return self.cost_usd / self.count if self.count else None


def outcomes(user: User, shown: Moments, earlier: Moments) -> list[Outcome]:
    """The user's runs of two ranges that don't overlap; each ends before its last moment."""
    now, then = (Q(created_at__gte=begin, created_at__lt=end) for begin, end in (shown, earlier))
    rows = (
        Run.objects.visible_to(user)
        .filter(now | then)
        .order_by()
        .annotate(earlier=Case(When(now, then=Value(False)), default=Value(True)))
        .values("earlier", "simulated", "chosen_model", "pattern")
        .annotate(
            runs=Count("pk"),
            active=Count("pk", filter=Q(status__in=ACTIVE)),
            succeeded=Count("pk", filter=Q(status=Status.SUCCEEDED)),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
            good=Count("pk", filter=Q(feedback=1)),
            saved=Sum("saved_usd"),
            routing_saved=Sum("routing_saved_usd", default=Decimal(0)),
        )
    )
    return [
        Outcome(
            earlier=row["earlier"],
            simulated=row["simulated"],
            model=row["chosen_model"],
            pattern=row["pattern"],
            runs=row["runs"],
            active=row["active"],
            succeeded=row["succeeded"],
            failed=row["failed"],
            good=row["good"],
            saved_usd=row["saved"],
            routing_saved_usd=row["routing_saved"],
        )
        for row in rows
    ]


def sessions(user: User, shown: Moments, *, simulated: bool) -> Sessions:
    """The sessions of the range's runs."""
    begin, end = shown
    runs = Run.objects.visible_to(user).filter(created_at__gte=begin, created_at__lt=end)
    row = (
        runs.filter(simulated=simulated)
        .exclude(session_id="")
        .aggregate(
            count=Count("session_id", distinct=True), cost=Sum("cost_usd", default=Decimal(0))
        )
    )
    return Sessions(row["count"], row["cost"])
