"""What an invoice says, read from the ledger's own lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncDate

from accounts.models import User
from billing.models import Confidence, LedgerEntry, UsageRollup
from billing.months import Month, month_of, zone_of

TOKENS = (
    *("fresh_input_tokens", "cached_input_tokens", "cache_write_tokens"),
    *("output_tokens", "reasoning_tokens"),
)


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Charges of one day, model and pattern that are equally sure; US dollars.

    A `reversal` takes back what was charged, and is negative.
    """

    day: date
    model: str
    pattern: str
    confidence: str
    reversal: bool
    calls: int
    fresh_input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    amount_usd: Decimal

    @property
    def confidence_label(self) -> str:
        """How sure it is, in words."""
        return Confidence(self.confidence).label

    @property
    def input_tokens(self) -> int:
        """All input, as providers count it."""
        return self.fresh_input_tokens + self.cached_input_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True)
class Invoice:
    """A user's month in one kind of dollars."""

    user: User
    month: Month
    simulated: bool
    lines: Sequence[InvoiceLine]

    @property
    def number(self) -> str:
        """What it is called: whose, of when, and whether anybody pays it."""
        return f"{self.user.pk}-{self.month.key}{'-simulated' if self.simulated else ''}"

    @property
    def total_usd(self) -> Decimal:
        """The sum of its lines."""
        return sum((line.amount_usd for line in self.lines), Decimal(0))

    @property
    def estimated_usd(self) -> Decimal:
        """What of it is estimated."""
        return self._of(Confidence.ESTIMATED)

    @property
    def in_doubt_usd(self) -> Decimal:
        """What of it is in doubt: charged at the most until it is known."""
        return self._of(Confidence.IN_DOUBT)

    def _of(self, confidence: str) -> Decimal:
        amounts = (line.amount_usd for line in self.lines if line.confidence == confidence)
        return sum(amounts, Decimal(0))


def lines_of_month(user: User, month: Month, *, simulated: bool) -> QuerySet[LedgerEntry]:
    """The ledger's lines of a user's month: a charge belongs to the moment of its hold."""
    return LedgerEntry.objects.filter(
        owner=user, held_at__gte=month.starts_at, held_at__lt=month.ends_at, simulated=simulated
    )


def invoice_of(user: User, first: date, *, simulated: bool) -> Invoice:
    """The invoice of a user's month with this first day, in the user's time zone."""
    month = month_of(first, zone_of(user))
    rows = lines_of_month(user, month, simulated=simulated)
    lines = [
        InvoiceLine(**{name.removesuffix("_sum"): value for name, value in row.items()})
        for row in _grouped(rows, month)
    ]
    return Invoice(user, month, simulated, lines)


def kinds_of_month(user: User, first: date) -> set[bool]:
    """Which dollars were charged in the month: simulated (True), real, or both."""
    month = month_of(first, zone_of(user))
    every = (False, True)
    return {kind for kind in every if lines_of_month(user, month, simulated=kind).exists()}


def invoices_of_all(first: date, *, simulated: bool) -> Iterator[Invoice]:
    """Every user's invoice of a month with a charge, one after the other.

    Each in its user's own time zone, as the user reads it.
    """
    month = month_of(first, "UTC")
    for user in _charged_about(month):
        invoice = invoice_of(user, first, simulated=simulated)
        if invoice.lines:
            yield invoice


def _charged_about(month: Month) -> list[User]:
    """Who was charged in a month, or a day before or after: wherever they are, in theirs."""
    days = (month.starts_at - timedelta(days=1), month.ends_at + timedelta(days=1))
    rollups = UsageRollup.objects.filter(day__range=[moment.date() for moment in days])
    return list(User.objects.filter(pk__in=rollups.values("owner")).order_by("pk"))


def _grouped(lines: QuerySet[LedgerEntry], month: Month) -> Any:
    keys = ("day", "model", "pattern", "confidence", "reversal")
    return (
        lines.annotate(
            day=TruncDate("held_at", tzinfo=ZoneInfo(month.timezone)),
            reversal=Case(
                When(reverses__isnull=False, then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            ),
        )
        .values(*keys)
        .annotate(
            calls=Count("pk", filter=Q(reverses=None)),
            amount_usd=Sum("amount"),
            **{f"{name}_sum": Sum(F(name)) for name in TOKENS},
        )
        .order_by(*keys)
    )
