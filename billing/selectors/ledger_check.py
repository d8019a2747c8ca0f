"""The daily sums held against the ledger, for the tick on the Usage page."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from billing.models import LedgerEntry, UsageRollup, money_field

# Up to so many lines are added up while a page waits; beyond, the daily audit has the word.
MAX_LINES = 10_000


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The daily sums and the ledger of a range, read in one statement."""

    rolled_usd: Decimal
    booked_usd: Decimal

    @property
    def off_by(self) -> Decimal:
        """Zero when they are equal."""
        return self.rolled_usd - self.booked_usd


def ledger_check(
    user: User, *, first: date, last: date, simulated: bool, calls: int
) -> LedgerCheck | None:
    """Add up the daily sums and the ledger of these days (both included), at the same moment.

    None where `calls`, the number of the range's charges, is above `MAX_LINES`.
    """
    if calls > MAX_LINES:
        return None
    rolled = UsageRollup.objects.filter(
        owner=OuterRef("pk"), day__range=(first, last), simulated=simulated
    )
    # The day of a charge is the day of its hold, in UTC.
    booked = LedgerEntry.objects.filter(
        owner=OuterRef("pk"),
        held_at__gte=_midnight(first),
        held_at__lt=_midnight(last + timedelta(days=1)),
        simulated=simulated,
    )
    row = (
        User.objects.filter(pk=user.pk)
        .annotate(rolled=_summed(rolled), booked=_summed(booked))
        .values("rolled", "booked")
        .get()
    )
    return LedgerCheck(row["rolled"], row["booked"])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _summed(rows: QuerySet[Any]) -> Coalesce:
    sums = rows.order_by().values("owner").annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(sums), Decimal(0), output_field=money_field())
