"""When an hour's spend is unusual: a rule over what was spent in the hours of four weeks. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

HOUR = timedelta(hours=1)
# So far back an hour is compared.
PAST = timedelta(days=28)
# Less than this says nothing of what is usual: the age of the first spend, and hours with any.
KNOWN = timedelta(days=14)
KNOWN_HOURS = 12


@dataclass(frozen=True, slots=True)
class Usual:
    """What a spender usually spends in an hour; US dollars.

    `most_usd` is the most in the same hour of the day, at `most_at`. `ordinary_usd` is the median
    of the `hours` in which anything was spent, whatever the time of day.
    """

    most_usd: Decimal
    most_at: datetime | None
    ordinary_usd: Decimal
    hours: int

    def limit(self, factor: Decimal) -> Decimal:
        """What an hour has to pass, to be unusual."""
        return factor * max(self.most_usd, self.ordinary_usd)


def usual_of(past: Mapping[datetime, Decimal], hour: datetime) -> Usual | None:
    """What is usual for an hour, by what was spent in hours before it; None where too little is.

    Hours in which nothing was spent may be missing.
    """
    spent = {at: amount for at, amount in past.items() if hour - PAST <= at < hour and amount > 0}
    if len(spent) < KNOWN_HOURS or hour - min(spent) < KNOWN:
        return None
    same = {at: amount for at, amount in spent.items() if at.hour == hour.hour}
    most_at = max(same, key=lambda at: (same[at], at), default=None)
    most = same[most_at] if most_at else Decimal(0)
    return Usual(most, most_at, median(spent.values()), len(spent))
