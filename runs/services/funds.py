"""What a run needs before it can begin."""

from decimal import Decimal

from billing.money import ModelPrices
from billing.pricing import price_of
from runs.engine.calls.closing import MIN_OUTPUT_TOKENS, closing_bound
from runs.engine.registry import PATTERNS
from runs.services.checks import Plan
from runs.services.spec import spec_of
from runs.services.submission import Submission


def min_call_usd(prices: ModelPrices, max_input_tokens: int) -> Decimal:
    """The most that the shortest answer worth its input can cost."""
    return prices.bound(max_input_tokens).cost(MIN_OUTPUT_TOKENS)


def needed_usd(submission: Submission, plan: Plan) -> Decimal:
    """What has to be free for a run to begin: the least for its first and for its closing call."""
    model, max_input_tokens, _ = closing_bound(
        spec_of(submission, plan), PATTERNS[submission.pattern]
    )
    prices = price_of(model)
    return 2 * min_call_usd(prices, max_input_tokens) if prices else Decimal(0)
