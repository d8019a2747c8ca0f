"""What becomes of a call whose money is not held: refused, stopped, or asked for."""

from dataclasses import dataclass
from decimal import Decimal

from billing.money import ModelPrices
from runs.engine.errors import Paused, Refused, Stopped
from runs.engine.types import StepStart
from runs.functions import HoldAnswer, Outcome
from runs.services.funds import min_call_usd

OUT_OF_MONEY = (Outcome.WAITING, Outcome.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run holds or keeps free when it begins, again too: the most that its closing call can
    cost, and the least of its first call.
    """

    closing_usd: Decimal
    first_call_usd: Decimal

    @classmethod
    def of(
        cls, prices: ModelPrices, max_input_tokens: int, max_output_tokens: int, *, alone: bool
    ) -> "Beginning":
        """From the bound of the closing call, which may be the first one."""
        closing_usd = prices.bound(max_input_tokens).cost(max_output_tokens)
        first_usd = Decimal(0) if alone else min_call_usd(prices, max_input_tokens)
        return cls(closing_usd, first_usd)

    def pause(self, start: StepStart, prices: ModelPrices) -> Paused:
        """What has to be there for the run to begin again and to make this call."""
        call_usd = prices.bound(start.max_input_tokens).cost(start.max_output_tokens)
        needs_usd = self.closing_usd + max(self.first_call_usd, call_usd)
        return Paused("funds", needs_usd=needs_usd)


def raise_unless_held(answer: HoldAnswer, start: StepStart) -> None:
    """Raise what tells the engine why this attempt may not be sent."""
    if answer.outcome == Outcome.CANCELLING:
        raise Stopped("cancelled")
    if answer.outcome in OUT_OF_MONEY:
        details = answer.refusal.figures if answer.refusal else {}
        raise Refused("budget_exceeded", "The budget has no room for this call.", details)
    if answer.outcome == Outcome.UNCAPPED:
        raise uncapped(start.model)
    if answer.outcome != Outcome.HELD:
        raise Refused("conflict", f"Attempt {start.attempt} of {start.key} is already over.")


def uncapped(model: str) -> Refused:
    """Why a model that ignores its cap isn't called."""
    message = f"“{model}” wrote more than it was allowed to, so no hard limit could be kept."
    return Refused("model_uncapped", message)
