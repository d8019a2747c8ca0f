"""How often forecasts held: the site's record, and a user's own of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt

from django.db.models import F

from accounts.models import User
from runs.forecast_models import ForecastRecord, MonthForecast, RunForecast

BAND = 0.8
# Fewer scored forecasts say too little.
LEAST = 20
Z_95 = 1.96
LAST_MONTHS = 5
# Every month has this many days.
LAST_COMMON_DAY = 28


def wilson(held: int, scored: int) -> tuple[float, float]:
    """The 95 % interval of a rate, from 0 to 1; `scored` is at least 1.

    Wilson's (1927, https://doi.org/10.1080/01621459.1927.10502953): it stays within 0 and 1, and is
    right for small numbers.
    """
    rate, square = held / scored, Z_95**2
    middle = (rate + square / (2 * scored)) / (1 + square / scored)
    half = Z_95 * sqrt(rate * (1 - rate) / scored + square / (4 * scored**2))
    half /= 1 + square / scored
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Record:
    """Of forecasts of one kind: how many were scored, and how many of the bands held.

    `error` is the middle of what the forecasts were off by, and `bias` by how much all of them
    together were too high, both as parts of the costs; None where nothing was spent.
    """

    simulated: bool
    pattern: str
    model: str
    basis: str
    given_on: int | None
    scored: int
    below: int
    above: int
    error: float | None
    bias: float | None
    counted_at: datetime

    @property
    def held(self) -> int:
        """Bands in which the cost was."""
        return self.scored - self.below - self.above

    @property
    def enough(self) -> bool:
        """True when there are enough of them to say how good they are."""
        return self.scored >= LEAST

    @property
    def coverage(self) -> float:
        """The part of the bands that held; 0.8 is what they promise."""
        return self.held / self.scored

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the coverage is, by the number of forecasts; 95 %."""
        return wilson(self.held, self.scored)

    @property
    def verdict(self) -> str:
        """`right`, `narrow` or `wide`, where chance doesn't explain it; else `early`."""
        if not self.enough:
            return "early"
        low, high = self.interval
        return "narrow" if high < BAND else "wide" if low > BAND else "right"

    @property
    def basis_words(self) -> str:
        """What they were made from; empty of months."""
        return str(RunForecast.Basis(self.basis).label) if self.basis else ""


def forecast_record() -> Sequence[Record]:
    """Months first, then runs, those with the most forecasts first; one query."""
    rows = ForecastRecord.objects.order_by(
        F("given_on").asc(nulls_last=True), "-scored", "pattern", "model", "basis", "simulated"
    )
    return [Record(**row) for row in rows.values(*Record.__slots__)]


@dataclass(frozen=True, slots=True)
class MonthsHeld:
    """Of so many months, how many ended within the band."""

    held: int
    months: int


def months_held(user: User, *, simulated: bool, today: date) -> MonthsHeld:
    """Of the last months that were forecast as early in the month as today; one query."""
    given = MonthForecast.objects.visible_to(user).filter(
        simulated=simulated,
        scored_at__isnull=False,
        day__day=min(today.day, LAST_COMMON_DAY),
    )
    rows = given.order_by("-day").values_list("low_usd", "actual_usd", "high_usd")[:LAST_MONTHS]
    held = [low <= actual <= high for low, actual, high in rows if actual is not None]
    return MonthsHeld(sum(held), len(held))
