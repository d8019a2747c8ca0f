"""Prices: our rows win over the environment, which wins over the library; none means None."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.library import library_prices
from billing.models import LedgerEntry, ModelPrice, ModelSafety
from billing.money import MAX_UNIT_PRICE, UnitPrices
from billing.pricing import price_of
from billing.providers import Provider
from tests.providers import openai

pytestmark = pytest.mark.django_db


def test_the_library_knows_public_models() -> None:
    prices = price_of("gpt-4.1-mini")
    assert prices is not None
    assert prices.base == UnitPrices(Decimal("0.4"), Decimal("0.1"), Decimal("0.4"), Decimal("1.6"))
    assert prices.source.startswith("genai-prices ")


def test_the_library_knows_long_context_tiers() -> None:
    prices = price_of("gpt-5.5")
    assert prices is not None
    assert prices.at(272_000).output == Decimal(30)
    assert prices.at(272_001).output == Decimal(45)
    assert prices.bound(1000).prices.output == Decimal(30)
    assert prices.bound(300_000).prices.output == Decimal(45)


def test_a_model_without_a_cached_price_pays_for_cached_input_in_full() -> None:
    prices = price_of("gpt-4o-2024-05-13")
    assert prices is not None
    assert prices.base.cached_input == prices.base.input == Decimal(5)


def test_an_unknown_model_has_no_price() -> None:
    assert price_of("gpt-4o-future-2030") is None


def test_the_newest_row_in_force_wins() -> None:
    now = timezone.now()
    for days, price in ((-9, 1), (-1, 2), (1, 3)):
        ModelPrice.objects.create(
            model="gpt-4.1-mini",
            input_price=price,
            output_price=price,
            effective_from=now + timedelta(days=days),
        )
    prices = price_of("gpt-4.1-mini")
    assert prices is not None
    assert prices.base == UnitPrices(Decimal(2), Decimal(2), Decimal(2), Decimal(2))
    assert prices.source == "price list"


def test_a_price_of_zero_is_a_price(settings) -> None:
    settings.MODEL_PRICES = {"our-llama": {"input": Decimal(0), "output": Decimal(0)}}
    prices = price_of("our-llama")
    assert prices is not None
    free = prices.base.cost(fresh_input=10**6, cached_input=0, cache_write=10**6, output=10**6)
    assert free == 0


def test_the_librarys_prices_are_those_of_the_day() -> None:
    before, after = (library_prices("o3", date(2025, 6, day)) for day in (9, 10))
    assert before is not None
    assert after is not None
    assert (before.base.output, after.base.output) == (Decimal(40), Decimal(8))


def test_the_library_knows_dearer_service_tiers() -> None:
    prices = price_of("gpt-5")
    assert prices is not None
    assert prices.at(1000, "priority").output == 2 * prices.base.output
    assert prices.at(1000, "flex").output < prices.base.output
    assert prices.at(1000, "unheard-of") == prices.base


def test_the_dearest_tier_is_held_where_the_endpoint_may_choose(settings) -> None:
    settings.SIMULATED = False
    held = {}
    for base_url in ("", "https://gateway.example/v1"):
        settings.PROVIDERS = openai(base_url=base_url)
        prices = price_of("gpt-5")
        assert prices is not None
        held[base_url] = prices.bound(1000).prices.output
    assert held["https://gateway.example/v1"] == 2 * held[""]


def test_a_model_costs_what_its_own_provider_asks(settings) -> None:
    settings.SIMULATED = False
    groq = Provider(
        "groq",
        ("groq/openai/gpt-oss-20b",),
        "groq@api.groq.com",
        "https://api.groq.com/openai/v1",
        prefix="groq/",
    )
    house = Provider("house", ("gpt-4.1",), "house@gpu.example", "https://gpu.example/v1")
    settings.PROVIDERS = (*openai(("gpt-oss-20b",)), groq, house)
    ours, theirs = price_of("gpt-oss-20b"), price_of("groq/openai/gpt-oss-20b")
    assert ours is not None
    assert theirs is not None
    assert ours.base.output != theirs.base.output
    assert (theirs.model, theirs.source[-6:]) == ("groq/openai/gpt-oss-20b", ", groq")
    assert price_of("gpt-4.1") is None
    settings.MODEL_PRICES = {"gpt-4.1": {"input": Decimal(1), "output": Decimal(2)}}
    own = price_of("gpt-4.1")
    assert own is not None
    assert own.source == "MODEL_PRICES"


def test_openai_s_prices_are_those_of_its_address_where_the_library_knows_it(settings) -> None:
    settings.SIMULATED = False
    found = {}
    for base_url in ("", "https://api.groq.com/openai/v1", "https://gateway.example/v1"):
        settings.PROVIDERS = openai(("openai/gpt-oss-20b", "gpt-4.1"), base_url=base_url)
        prices = price_of("openai/gpt-oss-20b")
        found[base_url] = prices and prices.base.output
        assert price_of("gpt-4.1") is not None
    assert found.pop("https://api.groq.com/openai/v1") not in {None, *found.values()}


@pytest.mark.parametrize("known", [{"factor": 2}, {"ignores_cap": True}, {"keeps_cap": True}])
def test_lessons_are_those_of_the_model_s_provider(settings, known: dict[str, Any]) -> None:
    settings.SIMULATED = False
    settings.PROVIDERS = openai(("gpt-5",))
    before = price_of("gpt-5")
    ModelSafety.objects.create(provider="gone", model="gpt-5", **known)
    assert price_of("gpt-5") == before
    ModelSafety.objects.create(provider="openai", model="gpt-5", **known)
    assert price_of("gpt-5") != before


@pytest.mark.parametrize("bucket", ["input", "cached_input", "cache_write", "output"])
def test_a_price_that_no_sum_could_hold_is_none(settings, bucket: str) -> None:
    price = {"input": Decimal(1), "output": Decimal(1), bucket: Decimal("10000.01")}
    settings.MODEL_PRICES = {"absurd": price}
    assert price_of("absurd") is None
    row = {f"{name}_price": value for name, value in price.items()}
    ModelPrice.objects.create(model="ours", **row)
    assert price_of("ours") is None


def test_the_dearest_price_of_the_largest_call_fits_a_column_of_money() -> None:
    unit = UnitPrices(*[MAX_UNIT_PRICE] * 4)
    tokens = 100_000_000
    cost = unit.cost(fresh_input=tokens, cached_input=tokens, cache_write=tokens, output=tokens)
    field = LedgerEntry._meta.get_field("amount")
    assert cost < 10 ** (field.max_digits - field.decimal_places)
