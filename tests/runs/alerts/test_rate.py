"""The rule of an unusual hour, case by case."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from runs.alerts.due import next_digest
from runs.alerts.rate import KNOWN_HOURS, usual_of

HOUR = datetime(2026, 11, 30, 9, tzinfo=UTC)
Past = dict[datetime, Decimal]


def back(days: int, hours: int = 0) -> datetime:
    return HOUR - timedelta(days=days, hours=hours)


def daily(usd: object, days: int = 20, hours: int = 0) -> Past:
    """So much at this hour of the day, or some hours before it, on each of the last days."""
    return {back(day, hours): Decimal(str(usd)) for day in range(1, days + 1)}


@pytest.mark.parametrize(
    ("past", "limit"),
    [
        pytest.param(daily(2), "6", id="three times the same hour"),
        pytest.param(daily(2) | {back(7): Decimal(5)}, "15", id="the dearest of them, of a Monday"),
        pytest.param(daily(2, hours=6), "6", id="idle at this hour: an ordinary hour counts"),
        pytest.param(
            daily(2, hours=6) | daily(1), "4.5", id="quiet at this hour: an ordinary hour counts"
        ),
        pytest.param(
            daily(1, hours=6) | daily("0.5", 5) | {back(3): Decimal(4)}, "12", id="a busy hour once"
        ),
        pytest.param(daily(2) | {back(29): Decimal(100)}, "6", id="older than four weeks"),
        pytest.param(daily(2) | {back(1, 5): Decimal(0)}, "6", id="an hour of nothing is none"),
        pytest.param(daily(1, 14) | daily(3, 14, hours=2), "6", id="the middle of two halves"),
        pytest.param({}, None, id="a new spender"),
        pytest.param(daily(2, 13), None, id="thirteen days"),
        pytest.param(daily(2, 14), "6", id="fourteen days"),
        pytest.param(
            {back(20, n): Decimal(1) for n in range(KNOWN_HOURS - 1)}, None, id="too few hours"
        ),
        pytest.param(
            {back(20, n): Decimal(1) for n in range(KNOWN_HOURS)}, "3", id="just enough hours"
        ),
    ],
)
def test_what_is_usual(past: Past, limit: str | None) -> None:
    usual = usual_of(past, HOUR)
    assert (usual and usual.limit(Decimal(3))) == (limit and Decimal(limit))


def test_it_says_when_the_most_was_spent() -> None:
    usual = usual_of(daily(2) | {back(7): Decimal(5)}, HOUR)
    assert usual
    assert (usual.most_usd, usual.most_at, usual.hours) == (Decimal(5), back(7), 20)
    assert usual.ordinary_usd == 2


def test_this_hour_itself_is_not_part_of_the_past() -> None:
    assert usual_of(daily(2) | {HOUR: Decimal(50)}, HOUR) == usual_of(daily(2), HOUR)


@pytest.mark.parametrize(
    ("zone", "hour", "at"),
    [
        ("UTC", 10, "2026-11-30T10:00:00+00:00"),
        ("UTC", 9, "2026-12-01T09:00:00+00:00"),
        ("UTC", 8, "2026-12-01T08:00:00+00:00"),
        ("Asia/Tokyo", 8, "2026-11-30T23:00:00+00:00"),
        ("America/New_York", 8, "2026-11-30T13:00:00+00:00"),
    ],
)
def test_the_next_digest(zone: str, hour: int, at: str) -> None:
    assert next_digest(HOUR, hour, zone) == datetime.fromisoformat(at)


def test_a_digest_keeps_its_hour_when_the_clocks_change() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert next_digest(before, 8, "Europe/Berlin") == datetime(2026, 10, 25, 7, tzinfo=UTC)
