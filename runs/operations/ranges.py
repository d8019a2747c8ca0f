"""The days that staff's charts show, in UTC, as daily sums count them."""

from dataclasses import dataclass
from datetime import date, timedelta


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


def day_ranges(today: date) -> list[DayRange]:
    """The last two weeks, the last 30 days, this month and the one before it."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return [
        DayRange("14d", "14 days", today - timedelta(days=13), today),
        DayRange("30d", "30 days", today - timedelta(days=29), today),
        DayRange("month", f"{month:%B}", month, today),
        DayRange("before", f"{before:%B}", before.replace(day=1), before),
    ]


def chosen_range(key: str, today: date) -> DayRange:
    """What the address asks for; the last two weeks where that is none of these."""
    offered = day_ranges(today)
    return next((one for one in offered if one.key == key), offered[0])
