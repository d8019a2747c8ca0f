"""What a run costs by runs like it, or by its pattern's formula. Never a guess."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from billing.money import ModelPrices
from runs.engine.estimate import Size, call_sizes
from runs.engine.registry import KNOWN
from runs.engine.types import Spec
from runs.estimate.band import Band
from runs.estimate.past import Calls, Past, Ratios

DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Costs:
    """US dollars. Eight of ten runs are expected between `low_usd` and `high_usd`.

    `max_usd` is what the holds can reach; repairs and retries may come on top.
    """

    calls: Calls
    low_usd: Decimal
    p50_usd: Decimal
    high_usd: Decimal
    max_usd: Decimal
    basis: Literal["history", "formula"]
    sample_size: int


def costs_of(
    spec: Spec,
    prices: Mapping[str, ModelPrices],
    *,
    max_cost_usd: Decimal | None,
    past: Past | None,
    ratios: Ratios | None,
) -> Costs:
    """By `past` where it is there, else by the formula, which `ratios` correct."""
    formula = _calls(spec)
    limit = _usd(spec, prices, formula.most, held=True)
    if max_cost_usd is not None:
        limit = min(limit, max_cost_usd)
    if past is not None:
        calls = Calls(*(min(number, formula.most) for number in past.calls))
        band, runs = past.usd, past.runs
    elif ratios is not None:
        usual = formula_usd(spec, prices)
        calls, runs = formula, ratios.runs
        band = Band(*(round(usual * part, DECIMALS) for part in ratios.parts))
    else:
        calls, runs = formula, 0
        band = Band(*(_usd(spec, prices, number, held=False) for number in formula))
    low, p50, high = (min(usd, limit) for usd in band)
    return Costs(calls, low, p50, high, limit, "history" if past else "formula", runs)


def formula_usd(spec: Spec, prices: Mapping[str, ModelPrices]) -> Decimal:
    """What the pattern's usual calls cost, each answer as long as its cap."""
    return _usd(spec, prices, _calls(spec).typical, held=False)


def _calls(spec: Spec) -> Calls:
    pattern = KNOWN[spec.pattern]
    params = pattern.params.model_validate(spec.params)
    return Calls(*pattern.formula(params, form=spec.answer_schema != ""))


def _usd(spec: Spec, prices: Mapping[str, ModelPrices], calls: int, *, held: bool) -> Decimal:
    """The cost of so many calls of which each is the dearest of those that it could be."""
    pattern = KNOWN[spec.pattern]
    params = pattern.params.model_validate(spec.params)
    sizes = call_sizes(spec, pattern, params, calls, held=held)
    return sum(
        (max(_cost(size, prices[size.model], held) for size in could_be) for could_be in sizes),
        start=Decimal(0),
    )


def _cost(size: Size, prices: ModelPrices, held: bool) -> Decimal:
    if held:
        return prices.bound(size.input_tokens).cost(size.output_tokens)
    unit = prices.at(size.input_tokens)
    return unit.cost(
        fresh_input=size.input_tokens, cached_input=0, cache_write=0, output=size.output_tokens
    )
