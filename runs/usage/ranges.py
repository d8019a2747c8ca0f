"""The ranges of days that the usage page offers, in UTC, as rollups count them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days from `first` to `last`, both included."""

    key: str
    label: str
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Every day of the range."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def month_of(first: date) -> DayRange:
    """The whole month that begins on this day."""
    last = _next_month(first) - timedelta(days=1)
    return DayRange(f"{first:%Y-%m}", f"{first:%B %Y}", first, last)


def last_days(count: int, today: date) -> DayRange:
    """The last so many days, today included."""
    return DayRange(f"{count}d", f"the last {count} days", today - timedelta(days=count - 1), today)


def chosen_range(*, month: str, days: str, today: date) -> DayRange:
    """What the URL asks for; this month when it asks for nothing that exists."""
    if days in ("7", "30"):
        return last_days(int(days), today)
    try:
        first = datetime.strptime(month, "%Y-%m").date()
    except ValueError:
        first = today.replace(day=1)
    return month_of(min(first, today.replace(day=1)))


def months_before(today: date, count: int = 3) -> list[DayRange]:
    """This month and those before it, oldest first."""
    months = [month_of(today.replace(day=1))]
    while len(months) < count:
        months.append(month_of((months[-1].first - timedelta(days=1)).replace(day=1)))
    return months[::-1]
