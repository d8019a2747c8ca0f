"""What a run needs before it can begin."""

from collections.abc import Mapping
from decimal import Decimal

from billing.money import ModelPrices
from runs.engine.registry import KNOWN
from runs.engine.tokens import MIN_OUTPUT_TOKENS
from runs.engine.types import Spec


def min_call_usd(prices: ModelPrices, max_input_tokens: int) -> Decimal:
    """The most that the shortest answer worth its input can cost."""
    return prices.bound(max_input_tokens).cost(MIN_OUTPUT_TOKENS)


def needed_usd(spec: Spec, prices: Mapping[str, ModelPrices]) -> Decimal:
    """What has to be free for a run to begin: the least for its first and for its closing call."""
    pattern = KNOWN[spec.pattern]
    model, max_input_tokens, _ = pattern.closing_bound(spec)
    calls = 1 if pattern.one_call else 2
    return calls * min_call_usd(prices[model], max_input_tokens)
