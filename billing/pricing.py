"""Where a model's price comes from: our own rows, the environment, then genai-prices."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from billing.models import ModelPrice, ModelSafety
from billing.money import ModelPrices, UnitPrices


def price_of(model: str) -> ModelPrices | None:
    """The model's prices now; None when it has none, which means that it may not be called."""
    return prices_of([model])[model]


def prices_of(models: Collection[str]) -> dict[str, ModelPrices | None]:
    """As `price_of`, of many models; two queries."""
    rows = ModelPrice.objects.filter(model__in=models, effective_from__lte=Now())
    own = {row.model: row for row in rows.order_by("model", "-effective_from").distinct("model")}
    learnt = {
        row.model: row
        for row in ModelSafety.objects.filter(provider=settings.PROVIDER_NAME, model__in=models)
    }
    found = {}
    for model in models:
        prices = _own_price(own.get(model)) or _configured_price(model) or _library_price(model)
        if prices is not None and (safety := learnt.get(model)):
            prices = replace(prices, safety=safety.factor, ignores_cap=safety.ignores_cap)
        found[model] = prices
    return found


def _own_price(row: ModelPrice | None) -> ModelPrices | None:
    if row is None:
        return None
    cached = row.input_price if row.cached_input_price is None else row.cached_input_price
    unit = UnitPrices(row.input_price, cached, row.output_price)
    return ModelPrices(row.model, "price list", ((0, unit),))


def _configured_price(model: str) -> ModelPrices | None:
    price = settings.MODEL_PRICES.get(model)
    if price is None:
        return None
    cached = price["input"] if price["cached_input"] is None else price["cached_input"]
    return ModelPrices(
        model, "MODEL_PRICES", ((0, UnitPrices(price["input"], cached, price["output"])),)
    )


@lru_cache(maxsize=1000)
def _library_price(model: str) -> ModelPrices | None:
    """From genai-prices, which is slow to import and to ask: once per model and process."""
    import genai_prices

    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1, output_tokens=1), model, provider_id="openai"
        ).model_price
    except LookupError:
        return None
    if found.input_mtok is None or found.output_mtok is None:
        return None
    cached = found.cache_read_mtok if found.cache_read_mtok is not None else found.input_mtok
    buckets = (found.input_mtok, cached, found.output_mtok)
    starts = sorted({0, *(tier.start for bucket in buckets for tier in _tiers(bucket))})
    return ModelPrices(
        model,
        f"genai-prices {genai_prices.__version__}",
        tuple((start, UnitPrices(*(_price_from(b, start) for b in buckets))) for start in starts),
    )


def _tiers(bucket: Any) -> list[Any]:
    return list(getattr(bucket, "tiers", []))


def _price_from(bucket: Any, start: int) -> Decimal:
    """The price of a bucket in the tier that begins at `start`."""
    price: Decimal = getattr(bucket, "base", bucket)
    for tier in _tiers(bucket):
        if tier.start <= start:
            price = tier.price
    return price


def offered_models() -> dict[str, ModelPrices | None]:
    """The models that this site offers, with their prices."""
    return prices_of(settings.PROVIDER_MODELS)
