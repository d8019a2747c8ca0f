"""Days on which users spent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from billing.models import UsageRollup


def spend(owner, day: date, amount: object = 2, *, simulated: bool = False) -> None:
    UsageRollup.objects.create(
        owner=owner,
        day=day,
        model="gpt-4.1",
        pattern="react",
        simulated=simulated,
        amount=Decimal(str(amount)),
        calls=1,
        fresh_input_tokens=1,
        cached_input_tokens=0,
        output_tokens=1,
        reasoning_tokens=0,
    )


def every_day(owner, count: int, **options) -> date:
    """The same each day up to yesterday; returns today."""
    today = datetime.now(UTC).date()
    for back in range(1, count + 1):
        spend(owner, today - timedelta(days=back), **options)
    return today
