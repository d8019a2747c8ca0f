"""Budget windows hold against Python's own calendar, on every day of every zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.sql import schema
from billing.zones import zone_names

pytestmark = pytest.mark.django_db

BILLING = schema("billing")
ZONES = [
    "UTC", "Europe/Paris", "America/New_York", "America/St_Johns", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham",
    "America/Santiago", "Africa/Cairo", "Atlantic/Azores", "America/Havana",
]  # fmt: skip
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))


def window(period: str, zone: str, at: datetime) -> tuple[Any, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s, {BILLING}.period_end(%(p)s, %(z)s, s)"
            f" FROM {BILLING}.period_start(%(p)s, %(z)s, %(at)s) s",
            {"p": period, "z": zone, "at": at},
        )
        start, end = cursor.fetchone()
    return start, end


def local_midnight(day: datetime, zone: str) -> datetime:
    """The first moment of a calendar day, which is not 00:00 where the clocks skip it."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_day(day: datetime) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(days=1)


def next_month(day: datetime) -> datetime:
    return (datetime(day.year, day.month, 1) + timedelta(days=32)).replace(day=1)


@settings(max_examples=200, deadline=None)
@given(at=MOMENTS, zone=st.sampled_from(ZONES))
def test_a_day_is_the_local_calendar_day(at, zone):
    local = at.astimezone(ZoneInfo(zone))
    start, end = window("day", zone, at)
    assert start <= at < end
    assert start == local_midnight(local, zone)
    assert end == local_midnight(next_day(local), zone)


@settings(max_examples=200, deadline=None)
@given(at=MOMENTS, zone=st.sampled_from(ZONES))
def test_a_month_is_the_local_calendar_month(at, zone):
    local = at.astimezone(ZoneInfo(zone))
    start, end = window("month", zone, at)
    assert start <= at < end
    assert start == local_midnight(local.replace(day=1), zone)
    assert end == local_midnight(next_month(local), zone)


@settings(max_examples=200, deadline=None)
@given(at=MOMENTS, zone=st.sampled_from(ZONES), period=st.sampled_from(["day", "month"]))
def test_windows_follow_each_other_without_gap_or_overlap(at, zone, period):
    start, end = window(period, zone, at)
    assert window(period, zone, end)[0] == end
    assert window(period, zone, start) == (start, end)
    assert window(period, zone, end - timedelta(microseconds=1)) == (start, end)


@settings(max_examples=200, deadline=None)
@given(at=MOMENTS, zone=st.sampled_from(ZONES))
def test_periods_begin_on_a_quarter_of_an_hour(at, zone):
    """The audit sums up the ledger by quarters."""
    assert window("day", zone, at)[0].timestamp() % 900 == 0


@pytest.mark.parametrize("minute", [0, 30, 59, 60, 90])
def test_an_hour_that_comes_twice_at_midnight_belongs_to_the_new_day(minute):
    at = datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=minute)
    assert window("day", "Atlantic/Azores", at)[0] == datetime(2026, 10, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "noon", "hours"),
    [
        ("Europe/Paris", datetime(2026, 3, 29, 10, tzinfo=UTC), 23),
        ("Europe/Paris", datetime(2026, 10, 25, 10, tzinfo=UTC), 25),
        ("America/St_Johns", datetime(2026, 11, 1, 15, tzinfo=UTC), 25),
        ("Australia/Lord_Howe", datetime(2026, 4, 5, 2, tzinfo=UTC), 24.5),
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, tzinfo=UTC), 23.5),
        ("America/Santiago", datetime(2022, 9, 11, 16, tzinfo=UTC), 23),  # no midnight
        ("Atlantic/Azores", datetime(2026, 10, 25, 12, tzinfo=UTC), 25),  # two midnights
        ("America/Havana", datetime(2026, 11, 1, 17, tzinfo=UTC), 25),
        ("Asia/Kolkata", datetime(2026, 10, 25, 10, tzinfo=UTC), 24),
    ],
)
def test_days_are_as_long_as_the_clocks_make_them(zone, noon, hours):
    start, end = window("day", zone, noon)
    assert (end - start) == timedelta(hours=hours)


def test_a_total_never_ends():
    start, end = window("total", "UTC", datetime.now(UTC))
    assert (start, end) == (datetime.fromtimestamp(0, UTC), None)


def test_postgres_knows_every_zone_that_is_offered():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()}
    assert [name for name in zone_names() if name not in known] == []
    assert len(zone_names()) > 300
