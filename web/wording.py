"""Dollars and moments in sentences, where no markup can say more."""

from datetime import UTC, datetime
from decimal import Decimal

CENT = Decimal("0.01")


def dollars(amount: Decimal) -> str:
    """Every digit, two decimals at least: `$5.00`, `$0.000696`."""
    sign, plain = "−" if amount < 0 else "", abs(amount).normalize()
    return f"{sign}${plain:,.2f}" if plain == plain.quantize(CENT) else f"{sign}${plain:,f}"


def moment(at: datetime) -> str:
    """`3 Nov 2026, 14:05 UTC`."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"
