"""What a provider's figures never go beyond: more is a mistake, and would not fit our tables."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from runs.reconcile.counts import Export
from runs.reconcile.errors import BadExport

# All calls of that time are in memory while they are compared.
MAX_SPAN = timedelta(days=31)
EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 2200))
MAX_USD = Decimal(10_000_000)
# Of a text from the file, in a message.
SHOWN = 40


def dollars(amount: Decimal, name: str) -> Decimal:
    """The amount to twelve places. Raises `BadExport`."""
    if not (amount.is_finite() and abs(amount) <= MAX_USD):
        raise BadExport(f"“{name}” is no amount of dollars up to {MAX_USD:,}.")
    return amount.quantize(Decimal("1E-12"))


def moment(at: datetime, name: str) -> datetime:
    """The time, if calls can have been made then. Raises `BadExport`."""
    if not EARLIEST <= at <= LATEST:
        raise BadExport(f"“{name}” is not a time between {EARLIEST.year} and {LATEST.year}.")
    return at


def text(value: object, name: str) -> str:
    """A name of something; empty where there is none. Raises `BadExport`."""
    if value is None:
        return ""
    if not isinstance(value, str) or not value.isprintable():
        raise BadExport(f"“{name}” is no text: {str(value)[:SHOWN]!r}.")
    return value


def check(export: Export) -> None:
    """Raise `BadExport` where it says something twice: nothing else would show it."""
    told = Counter(
        (row.start, row.model, (row.api_key, row.tier, *row.group)) for row in export.used
    )
    told.update(
        (cost.start, cost.item, ("cost", cost.api_key, *cost.group)) for cost in export.costs
    )
    for (at, name, _), times in told.items():
        if times > 1:
            raise BadExport(
                f"“{name[:SHOWN]}” is in it {times} times from {at.isoformat()} on: is a page or a "
                "row there twice?"
            )
