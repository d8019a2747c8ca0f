"""The ranges of days that the usage page offers, in the reader's time zone."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

ONE_DAY = timedelta(days=1)
MAX_DAYS = 366
# Nothing was spent before.
FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days from `first` to `last`, both included, that begin at midnight in `zone`."""

    key: str
    label: str
    first: date
    last: date
    zone: tzinfo = field(default=UTC)

    @property
    def days(self) -> list[date]:
        """Every day of the range."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def moments(self) -> list[datetime]:
        """When each day begins, and when the last one ends."""
        return [midnight(day, self.zone) for day in [*self.days, self.last + ONE_DAY]]


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins in a zone: where clocks skip midnight, at the moment in which they do."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def month_of(first: date, zone: tzinfo = UTC) -> DayRange:
    """The whole month that begins on this day."""
    last = (first + timedelta(days=31)).replace(day=1) - ONE_DAY
    return DayRange(f"{first:%Y-%m}", f"in {first:%B}", first, last, zone)


def last_days(count: int, today: date, zone: tzinfo = UTC) -> DayRange:
    """The last so many days, today included."""
    first = today - timedelta(days=count - 1)
    return DayRange(f"{count}d", f"in {count} days", first, today, zone)


def custom(first: date, last: date, zone: tzinfo) -> DayRange:
    """Days of the reader's choice."""
    return DayRange("custom", in_words(first, last), first, last, zone)


def before(shown: DayRange, today: date) -> DayRange:
    """What a range is compared with: as many days just before it, of a month the month before.

    Days to come are left out, and so are those of the month before that this one hasn't reached.
    """
    last = max(shown.first, min(shown.last, today))
    end = shown.first - ONE_DAY
    if shown.key in ("custom", "7d", "30d"):
        first = end - (last - shown.first)
    else:
        first = end.replace(day=1)
        if last < shown.last:
            end = min(end, first + (last - shown.first))
    return DayRange("before", in_words(first, end), first, end, shown.zone)


def in_words(first: date, last: date) -> str:
    """`1–20 Oct`, `28 Oct–3 Nov`, `3 Nov`."""
    if first == last:
        return f"{first.day} {first:%b}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last:%b}"
    return f"{first.day} {first:%b}–{last.day} {last:%b}"


def chosen_range(*, month: str, days: str, today: date, zone: tzinfo = UTC) -> DayRange:
    """What the URL asks for; this month when it asks for nothing that exists."""
    if days in ("7", "30"):
        return last_days(int(days), today, zone)
    this = today.replace(day=1)
    try:
        first = datetime.strptime(month, "%Y-%m").date()
    except ValueError:
        first = this
    return month_of(first if first.year >= FIRST_YEAR and first < this else this, zone)


def months_before(today: date, count: int = 2) -> list[DayRange]:
    """This month and those before it, oldest first."""
    months = [month_of(today.replace(day=1))]
    while len(months) < count:
        months.append(month_of((months[-1].first - ONE_DAY).replace(day=1)))
    return months[::-1]
