"""Dollars and moments in sentences, where no markup can say more."""

from datetime import UTC, datetime
from decimal import Decimal


def dollars(amount: Decimal, digits: int | None = None) -> str:
    """Every digit, two decimals at least: `$5.00`, `$0.000696`; or just so many `digits`."""
    if digits is None:
        digits = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"{'−' if amount < 0 else ''}${abs(amount):,.{digits}f}"


def moment(at: datetime) -> str:
    """`3 Nov 2026, 14:05 UTC`."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"
