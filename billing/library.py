"""The bundled price library: what public models cost on a day, by service tier and length."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from billing.money import ModelPrices, Tiers, UnitPrices

OPENAI = "openai"


@lru_cache(maxsize=1000)
def library_prices(model: str, day: date, seller: str = OPENAI) -> ModelPrices | None:
    """The model's prices on a day (UTC) from genai-prices, which is slow to import and to ask.

    The seller is one of those that the library knows.
    """
    import genai_prices

    try:
        found = _asked(model, day, seller)
    except LookupError:
        return None
    tiers = _tiers_of(found.model_price)
    if tiers is None:
        return None
    source = f"genai-prices {genai_prices.__version__}"
    return ModelPrices(
        model,
        source if seller == OPENAI else f"{source}, {seller}",
        tiers,
        by_service=_services(model, found, day, seller),
    )


@lru_cache(maxsize=100)
def seller_at(base_url: str) -> str | None:
    """Whose endpoint this address is, as far as the library knows."""
    from genai_prices.data_snapshot import get_snapshot

    try:
        return str(get_snapshot().find_provider(None, None, base_url).id)
    except LookupError:
        return None


def _asked(model: str, day: date, seller: str, context: Mapping[str, str] | None = None) -> Any:
    import genai_prices

    return genai_prices.calc_price(
        genai_prices.Usage(input_tokens=1, output_tokens=1),
        model,
        provider_id=seller,
        genai_request_timestamp=datetime.combine(day, time(12), UTC),
        price_context=context,
    )


def _services(model: str, found: Any, day: date, seller: str) -> dict[str, Tiers]:
    """The prices of each service tier that the library knows for the model."""
    named = {
        variant.when["service_tier"]: dict(variant.when)
        for variant in found.model.price_variants or ()
        if set(variant.when) == {"service_tier"}
    }
    priced = {
        name: _tiers_of(_asked(model, day, seller, context).model_price)
        for name, context in named.items()
    }
    return {name: tiers for name, tiers in priced.items() if tiers is not None}


def _tiers_of(price: Any) -> Tiers | None:
    """Unit prices by the length of the request; None where input or output has none."""
    if price.input_mtok is None or price.output_mtok is None:
        return None
    cached = price.input_mtok if price.cache_read_mtok is None else price.cache_read_mtok
    written = price.input_mtok if price.cache_write_mtok is None else price.cache_write_mtok
    buckets = (price.input_mtok, cached, written, price.output_mtok)
    starts = sorted({0, *(step.start for bucket in buckets for step in _steps(bucket))})
    return tuple((start, UnitPrices(*(_from(b, start) for b in buckets))) for start in starts)


def _steps(bucket: Any) -> Iterable[Any]:
    return getattr(bucket, "tiers", ())


def _from(bucket: Any, start: int) -> Decimal:
    """The price of a bucket from a length on."""
    price: Decimal = getattr(bucket, "base", bucket)
    for step in _steps(bucket):
        if step.start <= start:
            price = step.price
    return price
