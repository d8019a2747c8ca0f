"""Where a month's spend ends, from the days before: a bootstrap of whole weeks.

A day is like the same weekday of a week before, and days of one week belong together. So whole
weeks are drawn. Each trial first draws which weeks the past consists of, and from these the weeks
to come, so that the band has how little a short past says in it. A few weeks still show less than
there is: as with Student's t in place of the normal distribution, the band is widened for that.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

WEEK = 7
LEAST_WEEKS = 3
MOST_WEEKS = 13
TRIALS = 1000
# The 90 % quantiles of Student's t for 3 to 13 weeks (one degree of freedom less); the normal one.
T_QUANTILES = (1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356)
NORMAL_QUANTILE = 1.282
DIGITS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Band:
    """What the whole month comes to: the middle, and between what eight of ten months end."""

    p50: Decimal
    low: Decimal
    high: Decimal


def month_end(
    spent: Mapping[date, Decimal], *, today: date, first_day: date, last: date
) -> Band | None:
    """The end of the month that ends on `last`; None where less than three weeks are known.

    `spent` has the days with spend, those of this month included; `first_day` is the first of all.
    Today counts with what it has, or with what such a day comes to, whichever is more.
    """
    weeks = _weeks(spent, today=today, first_day=first_day)
    if len(weeks) < LEAST_WEEKS:
        return None
    before = sum(
        (amount for day, amount in spent.items() if last.replace(day=1) <= day < today), Decimal(0)
    )
    so_far, days = spent.get(today, Decimal(0)), (last - today).days + 1
    # The same spend always gives the same forecast.
    chance = random.Random(today.toordinal())  # noqa: S311
    ends = sorted(before + _to_come(weeks, days, so_far, chance) for _ in range(TRIALS))
    p50, low, high = (ends[TRIALS * part // 100] for part in (50, 10, 90))
    wider = _wider(len(weeks))
    return Band(
        p50.quantize(DIGITS),
        max(before + so_far, p50 - wider * (p50 - low)).quantize(DIGITS),
        (p50 + wider * (high - p50)).quantize(DIGITS),
    )


def _wider(weeks: int) -> Decimal:
    """How many times as wide the band of so many weeks is as what they show."""
    student = T_QUANTILES[weeks - LEAST_WEEKS] / NORMAL_QUANTILE
    return Decimal(round(student * (weeks / (weeks - 1)) ** 0.5, 3))


def _weeks(
    spent: Mapping[date, Decimal], *, today: date, first_day: date
) -> list[tuple[Decimal, ...]]:
    """The last whole weeks before today, each beginning with today's weekday."""
    count = min(MOST_WEEKS, max(0, (today - first_day).days) // WEEK)
    firsts = (today - timedelta(days=WEEK * back) for back in range(1, count + 1))
    return [
        tuple(spent.get(first + timedelta(days=n), Decimal(0)) for n in range(WEEK))
        for first in firsts
    ]


def _to_come(
    weeks: Sequence[tuple[Decimal, ...]], days: int, so_far: Decimal, chance: random.Random
) -> Decimal:
    """One way in which today and the days after it may go."""
    past = chance.choices(weeks, k=len(weeks))
    drawn = [amount for week in chance.choices(past, k=-(-days // WEEK)) for amount in week]
    return max(so_far, drawn[0]) + sum(drawn[1:days], Decimal(0))


def days_to_come(
    spent: Mapping[date, Decimal], *, today: date, first_day: date, last: date
) -> dict[date, Decimal]:
    """What each day after today until `last` may come to: the mean of its weekday in past weeks.

    Empty where less than three weeks are known.
    """
    weeks = _weeks(spent, today=today, first_day=first_day)
    if len(weeks) < LEAST_WEEKS:
        return {}
    means = [sum(amounts, Decimal(0)) / len(weeks) for amounts in zip(*weeks, strict=True)]
    days = (last - today).days
    return {today + timedelta(days=n): means[n % WEEK] for n in range(1, days + 1)}
