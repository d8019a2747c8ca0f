"""What the reader asks the list for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

TALLIED = frozenset({"status", "pattern", "model"})
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters by parameter, and from when to before when; None is open."""

    filters: Mapping[str, str]
    begin: datetime | None = None
    end: datetime | None = None

    @property
    def tallied(self) -> bool:
        """True where the sums of ended runs know all that is asked for."""
        return TALLIED.issuperset(self.filters)

    @property
    def whole_days(self) -> tuple[date | None, date | None]:
        """The days of UTC that are wholly asked for: the first, and the one after the last.

        There is none where these are the same, or the wrong way round.
        """
        first = self.begin and (self.begin - timedelta(microseconds=1)).date() + ONE_DAY
        return first, self.end and self.end.date()


def midnight(day: date) -> datetime:
    """When the day begins in UTC."""
    return datetime.combine(day, time.min, UTC)
