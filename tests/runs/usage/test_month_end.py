"""The statistics of the forecast, on series whose end is known."""

import random
from datetime import date, timedelta
from decimal import Decimal

from runs.usage.forecast import Band, month_end

TODAY, LAST = date(2026, 11, 12), date(2026, 11, 30)
Series = dict[date, Decimal]


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def past(count: int, amount: Decimal = Decimal(2)) -> Series:
    """The same amount on each of the days before today, and none yet today."""
    return dict.fromkeys(days(TODAY - timedelta(days=count), TODAY - timedelta(days=1)), amount)


def asked(spent: Series) -> Band | None:
    return month_end(spent, today=TODAY, first_day=min(spent, default=TODAY), last=LAST)


def end(spent: Series, today: date = TODAY) -> Band:
    band = month_end(spent, today=today, first_day=min(spent), last=LAST)
    assert band is not None
    return band


def test_the_same_every_day_ends_where_it_must():
    assert end(past(60)) == Band(Decimal(60), Decimal(60), Decimal(60))


def test_three_whole_weeks_are_needed():
    assert asked(past(20)) is None
    assert asked(past(21)) is not None
    assert asked({}) is None


def test_weekends_come_when_they_come():
    spent = {day: Decimal(0 if day.weekday() > 4 else 3) for day in past(60)}
    working = sum(day.weekday() < 5 for day in days(date(2026, 11, 1), LAST))
    assert end(spent) == Band(*[Decimal(3 * working)] * 3)


def test_today_counts_with_what_it_has_where_that_is_more():
    assert end(past(60) | {TODAY: Decimal(1)}).p50 == 60
    assert end(past(60) | {TODAY: Decimal(7)}).p50 == 65


def test_the_last_day_leaves_only_itself_open():
    spent = dict.fromkeys(days(date(2026, 9, 1), LAST), Decimal(2))
    assert end(spent, today=LAST) == Band(*[Decimal(60)] * 3)


def test_weeks_of_long_ago_say_nothing():
    long_ago = days(date(2026, 6, 1), TODAY - timedelta(weeks=13, days=1))
    spent = past(91) | dict.fromkeys(long_ago, Decimal(1000))
    assert end(spent).p50 == 60


def test_the_same_days_give_the_same_forecast():
    chance = random.Random(3)
    spent = {day: Decimal(chance.randrange(100)) for day in past(60)}
    assert end(spent) == end(dict(reversed(spent.items())))


def test_eight_of_ten_months_end_within_the_band():
    """Days that are lognormal with a working week: heavy tails, as real spend has them."""
    chance, within = random.Random(11), 0
    for _ in range(100):
        spent, rest = _lived(chance, TODAY - timedelta(days=56), TODAY), Decimal(0)
        rest = sum(_lived(chance, TODAY, LAST + timedelta(days=1)).values(), Decimal(0))
        before = sum((a for day, a in spent.items() if day >= date(2026, 11, 1)), Decimal(0))
        band = end(spent)
        within += band.low <= before + rest <= band.high
    assert 68 <= within <= 92


def _lived(chance: random.Random, first: date, until: date) -> Series:
    usual = {day: 0.2 if day.weekday() > 4 else 1.0 for day in days(first, until)[:-1]}
    return {
        day: Decimal(round(mean * chance.lognormvariate(0, 0.8), 4)) for day, mean in usual.items()
    }
