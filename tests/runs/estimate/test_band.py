"""The band of eight in ten holds as often as it says, however costs are spread."""

import random
from decimal import Decimal

import pytest

from runs.estimate.band import Band, band_of


def test_its_ends_are_costs_that_were_seen():
    values = [Decimal(n) for n in range(1, 21)]
    assert band_of(values) == Band(Decimal(2), Decimal(10), Decimal(19))


@pytest.mark.parametrize("count", [1, 2, 9, 10])
def test_a_few_values_are_taken_whole(count):
    values = [Decimal(n) for n in range(count)]
    band = band_of(values)
    assert (band.low, band.high) == (values[0], values[-1])


@pytest.mark.parametrize("count", [10, 19, 30, 100])
@pytest.mark.parametrize("spread", [0.2, 1.5])
def test_the_next_cost_is_inside_in_at_least_eight_of_ten(count, spread):
    """Of 2,000 pasts: within four standard errors of what ranks promise."""
    chance, inside = random.Random(count), 0
    for _ in range(2000):
        drawn = [Decimal(str(chance.lognormvariate(0, spread))) for _ in range(count + 1)]
        band = band_of(sorted(drawn[:-1]))
        inside += band.low <= drawn[-1] <= band.high
    assert 0.8 - 0.036 <= inside / 2000 <= 0.9
