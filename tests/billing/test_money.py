"""The arithmetic of money is exact, and a bound is never below a cost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import ModelPrices, UnitPrices, format_usd

prices = st.decimals(min_value=0, max_value=1000, places=6)
tokens = st.integers(min_value=0, max_value=2_000_000)
unit_prices = st.builds(UnitPrices, prices, prices, prices, prices)


@st.composite
def model_prices(draw: st.DrawFn) -> ModelPrices:
    starts = draw(st.lists(st.integers(1, 1_000_000), max_size=3, unique=True))
    safety = draw(st.decimals(min_value=1, max_value=100, places=4))
    tiers = tuple((start, draw(unit_prices)) for start in [0, *sorted(starts)])
    return ModelPrices("m", "test", tiers, safety)


@given(unit_prices, tokens, tokens, tokens, tokens)
def test_a_cost_is_exact_to_twelve_decimals(
    unit: UnitPrices, fresh: int, cached: int, written: int, output: int
) -> None:
    cost = unit.cost(fresh_input=fresh, cached_input=cached, cache_write=written, output=output)
    millionths = (
        fresh * unit.input
        + cached * unit.cached_input
        + written * unit.cache_write
        + output * unit.output
    )
    assert cost * 1_000_000 == millionths
    assert cost == cost.quantize(Decimal("1e-12"))


@given(model_prices(), st.tuples(tokens, tokens, tokens), tokens, tokens, tokens)
def test_a_bound_is_never_below_a_cost(
    model: ModelPrices,
    buckets: tuple[int, int, int],
    output: int,
    more_input: int,
    more_output: int,
) -> None:
    fresh, cached, written = buckets
    bound = model.bound(sum(buckets) + more_input).cost(output + more_output)
    cost = model.at(sum(buckets)).cost(
        fresh_input=fresh, cached_input=cached, cache_write=written, output=output
    )
    assert bound >= cost


def test_a_long_request_costs_the_higher_tier_from_its_first_token() -> None:
    short = UnitPrices(Decimal(5), Decimal("0.5"), Decimal(6), Decimal(30))
    long = UnitPrices(Decimal(10), Decimal(1), Decimal(12), Decimal(45))
    model = ModelPrices("m", "test", ((0, short), (272_000, long)))
    assert model.at(272_000) == short
    assert model.at(272_001) == long


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("0.000000000000", "0"),
        ("0.004250000000", "0.00425"),
        ("12.000000000000", "12"),
        ("100", "100"),
        ("1E-9", "0.000000001"),
        ("-0.50", "-0.5"),
    ],
)
def test_money_is_shown_exactly_and_without_an_exponent(amount: str, text: str) -> None:
    assert format_usd(Decimal(amount)) == text
