"""Where a model's price comes from: our own rows, the environment, then the price library."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from billing.library import OPENAI, library_prices, seller_at
from billing.models import ModelPrice, ModelSafety
from billing.money import MAX_UNIT_PRICE, ModelPrices, UnitPrices
from billing.providers import Provider, provider_of


def price_of(
    model: str, provider: Provider | None = None, *, at: datetime | None = None
) -> ModelPrices | None:
    """The model's prices now; None when it has none, which means that it may not be called.

    The provider is named where it isn't the model's own: of what it served instead. `at` asks for
    the prices of a past moment; those of `MODEL_PRICES` have no date.
    """
    return prices_of([model], provider, at=at)[model]


def prices_of(
    models: Collection[str], provider: Provider | None = None, *, at: datetime | None = None
) -> dict[str, ModelPrices | None]:
    """As `price_of`, of many models; two queries."""
    rows = ModelPrice.objects.filter(model__in=models, effective_from__lte=at or Now())
    own = {row.model: row for row in rows.order_by("model", "-effective_from").distinct("model")}
    pinned = {model: provider or provider_of(model) for model in models}
    learnt = _lessons(pinned)
    return {
        model: _with_lessons(_listed(model, by, own.get(model), at), learnt.get(model))
        for model, by in pinned.items()
    }


def offered_models() -> dict[str, ModelPrices | None]:
    """The models that this site offers, with their prices."""
    return prices_of(settings.PROVIDER_MODELS)


def _lessons(pinned: Mapping[str, Provider]) -> dict[str, ModelSafety]:
    rows = ModelSafety.objects.filter(model__in=pinned)
    return {row.model: row for row in rows if row.provider == pinned[row.model].name}


def _listed(
    model: str, provider: Provider, row: ModelPrice | None, at: datetime | None
) -> ModelPrices | None:
    return _own_price(row) or _configured_price(model) or _library_price(model, provider, at)


def _with_lessons(prices: ModelPrices | None, learnt: ModelSafety | None) -> ModelPrices | None:
    """The simulator is ours: it keeps every cap."""
    if prices is None:
        return None
    if learnt is None:
        return replace(prices, keeps_cap=settings.SIMULATED)
    return replace(
        prices,
        safety=learnt.factor,
        ignores_cap=learnt.ignores_cap,
        keeps_cap=settings.SIMULATED or learnt.keeps_cap,
    )


def _own_price(row: ModelPrice | None) -> ModelPrices | None:
    if row is None:
        return None
    return _flat(
        row.model,
        "price list",
        {
            "input": row.input_price,
            "cached_input": row.cached_input_price,
            "cache_write": row.cache_write_price,
            "output": row.output_price,
        },
    )


def _configured_price(model: str) -> ModelPrices | None:
    price = settings.MODEL_PRICES.get(model)
    return _flat(model, "MODEL_PRICES", price) if price else None


def _flat(model: str, source: str, price: Mapping[str, Any]) -> ModelPrices | None:
    """Prices without tiers; a bucket without one of its own costs what fresh input costs.

    A price so high that a sum of money couldn't hold a call's cost is none.
    """
    found: dict[str, Decimal] = {
        bucket: price["input"] if price.get(bucket) is None else price[bucket]
        for bucket in ("input", "cached_input", "cache_write", "output")
    }
    if max(found.values()) > MAX_UNIT_PRICE:
        return None
    return ModelPrices(model, source, ((0, UnitPrices(**found)),))


def _library_price(model: str, provider: Provider, at: datetime | None) -> ModelPrices | None:
    """Those of the day (UTC), since the library's prices change by date.

    `auto` may be a dearer service tier, as a project's owner has set it. OpenAI itself is asked for
    the default one; what stands behind another address isn't, so that the dearest has to be held.
    """
    day, name = (at or timezone.now()).astimezone(UTC).date(), provider.own_name(model)
    listed = (library_prices(name, day, seller) for seller in _sellers(provider))
    found = next((prices for prices in listed if prices), None)
    if found is None:
        return None
    found = replace(found, model=model)
    if settings.SIMULATED or not provider.base_url:
        return found
    return replace(found, hold_any_service=True)


def _sellers(provider: Provider) -> list[str]:
    """Whose prices are a provider's: those of its address, else OpenAI's where it stands for it."""
    if settings.SIMULATED:
        return [OPENAI]
    at_address = seller_at(provider.base_url) if provider.base_url else None
    own = OPENAI if provider.name == OPENAI else None
    return [seller for seller in (at_address, own) if seller]
