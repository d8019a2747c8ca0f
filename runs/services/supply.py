"""What a run can be made of at a moment: models, their prices and breakers, the site's tools."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.conf import settings

from billing.money import ModelPrices
from billing.pricing import offered_models
from runs.auto.tiers import Tiers, tiers
from runs.breakers import Seen, reader
from runs.selectors.customers import known_customers
from runs.selectors.tools import forbidden_tools, own_tools
from runs.shutdowns import ended_of


@dataclass(frozen=True, slots=True)
class Supply:
    """What this site has for runs. A price is that of an offered model; without one, none is there.

    `tools` are its own that are set up and allowed, `forbidden` the reasons of staff by tool,
    `breakers` None while Redis is away, and `customers` None where any may be charged back.
    """

    prices: Mapping[str, ModelPrices]
    tiers: Tiers
    tools: tuple[str, ...]
    forbidden: Mapping[str, str]
    breakers: Seen | None
    customers: Collection[str] | None

    def open_breakers(self, models: Collection[str]) -> list[str]:
        """Those of the models that aren't called for now."""
        seen = self.breakers
        if seen is None:
            return []
        return [model for model in models if model in seen.breakers and seen.is_open(model)]


def present_supply() -> Supply:
    """The supply now: three queries or four, and one of Redis."""
    forbidden = forbidden_tools()
    prices = {model: known for model, known in offered_models().items() if known}
    return Supply(
        prices=prices,
        tiers=site_tiers(prices),
        tools=tuple(own_tools(forbidden)),
        forbidden=forbidden,
        breakers=reader().of(_called()),
        customers=known_customers(),
    )


def _called() -> list[str]:
    """The models that a run may come to call: those that are offered, and fallbacks."""
    return list(dict.fromkeys((*settings.PROVIDER_MODELS, *settings.MODEL_FALLBACKS.values())))


def site_tiers(prices: Mapping[str, ModelPrices]) -> Tiers:
    """This site's models for either kind of task, of those that have a price and live."""
    ended = ended_of(prices)
    prices = {model: known for model, known in prices.items() if model not in ended} or prices
    return tiers(prices, cheap=settings.CHEAP_MODELS, strong=settings.STRONG_MODELS)
