"""Dollars and moments in sentences."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from web.wording import dollars, moment


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "$0.00"),
        ("5", "$5.00"),
        ("0.10", "$0.10"),
        ("0.005", "$0.005"),
        ("0.000696000000", "$0.000696"),
        ("1E+3", "$1,000.00"),
        ("1234.5", "$1,234.50"),
        ("-0.0012", "−$0.0012"),
    ],
)
def test_dollars_have_every_digit_and_two_decimals_at_least(amount: str, words: str) -> None:
    assert dollars(Decimal(amount)) == words


def test_a_moment_is_said_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert moment(datetime(2026, 11, 3, 15, 5, tzinfo=berlin)) == "3 Nov 2026, 14:05 UTC"
    assert moment(datetime(2026, 12, 31, 9, 0, tzinfo=UTC)) == "31 Dec 2026, 09:00 UTC"
