"""The days that the list can be limited to, in the reader's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

CHOSEN = "days"
MONTHS = 3
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def begin(self, zone: tzinfo) -> datetime | None:
        """The moment at which the first one begins in the zone."""
        return _midnight(self.first, zone) if self.first else None

    def end(self, zone: tzinfo) -> datetime | None:
        """The moment at which the last one has ended in the zone."""
        return _midnight(self.last + ONE_DAY, zone) if self.last else None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def choices(today: date) -> list[tuple[str, str]]:
    """What the list offers: the last days, this month and those before, and days of one's own."""
    months = [_months_ago(today, count) for count in range(MONTHS)]
    return [
        ("", "Any date"),
        ("today", "Today"),
        ("7d", "Last 7 days"),
        ("30d", "Last 30 days"),
        *((f"{first:%Y-%m}", _named(first, today)) for first in months),
        (CHOSEN, "Choose days…"),
    ]


def days_of(when: str, today: date) -> Days:
    """The days of one of the choices; a month may be any."""
    last = {"today": 1, "7d": 7, "30d": 30}
    if when in last:
        return Days(today - timedelta(days=last[when] - 1), today)
    try:
        first = datetime.strptime(when, "%Y-%m").date()
    except ValueError:
        return Days()
    return Days(first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY)


def _months_ago(today: date, count: int) -> date:
    first = today.replace(day=1)
    for _ in range(count):
        first = (first - ONE_DAY).replace(day=1)
    return first


def _named(first: date, today: date) -> str:
    return f"{first:%B}" if first.year == today.year else f"{first:%B %Y}"


def in_words(days: Days, today: date) -> str:
    """As a sentence goes on: `on 3 Nov`, `from 1 to 30 Nov`, `since 1 Nov`, `until 30 Nov`."""
    first, last = days.first, days.last
    if first and last:
        if first == last:
            return f"on {_day(first, today)}"
        return f"from {_day(first, today)} to {_day(last, today)}"
    if first:
        return f"since {_day(first, today)}"
    return f"until {_day(last, today)}" if last else ""


def _day(day: date, today: date) -> str:
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
