"""The model that wasn't chosen, as a run keeps it, and what its tokens would have cost there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.money import ModelPrices, UnitPrices, format_usd


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """A model and its prices at the submit, in dollars per million tokens of a short request."""

    model: str
    prices: UnitPrices
    cost_usd: Decimal


def written(model: str, prices: ModelPrices) -> dict[str, str]:
    """As a run keeps it."""
    base = prices.base
    return {
        "model": model,
        "input_usd": format_usd(base.input),
        "cached_input_usd": format_usd(base.cached_input),
        "output_usd": format_usd(base.output),
    }


def read_runner_up(
    route: Mapping[str, Any] | None,
    *,
    input_tokens: int,
    cached_input_tokens: int,
    output_tokens: int,
) -> RunnerUp | None:
    """Of what a run keeps, with its tokens; None where there was nothing to choose from.

    A run doesn't count what was written to a provider's cache, so that all other input is fresh.
    """
    if not route or not (kept := route["other"]):
        return None
    fresh, cached, output = (
        Decimal(kept[name]) for name in ("input_usd", "cached_input_usd", "output_usd")
    )
    prices = UnitPrices(fresh, cached, fresh, output)
    cost = prices.cost(
        fresh_input=input_tokens - cached_input_tokens,
        cached_input=cached_input_tokens,
        cache_write=0,
        output=output_tokens,
    )
    return RunnerUp(kept["model"], prices, cost)
