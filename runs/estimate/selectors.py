"""What a run would come to, with what budgets say to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.conf import settings

from billing.money import ModelPrices
from billing.pricing import prices_of
from billing.selectors.budgets import BudgetState, applying, states, tightest
from runs.engine.registry import KNOWN
from runs.engine.types import Spec
from runs.estimate.costs import Costs, costs_of
from runs.estimate.past import Calls, likeness, past_of, ratios_of
from runs.models import Run
from runs.selectors.forks import Taken
from runs.services.funds import needed_usd
from runs.spec import spec_of_run


@dataclass(frozen=True, slots=True)
class Estimate:
    """US dollars; all 0 where an answer is kept.

    `max_usd` is what the holds can reach; repairs and retries may come on top.

    `exceeds` is the hard budget with the least left, where that is less than `p90_usd`. A run
    begins with `needs_usd` free; `short` is the hard budget in which settled money leaves less than
    that, and `cap_usd` the run's own limit where it is lower. Under a hard limit, `unproven`
    are the models of which only one call at a time is sent. Of a submission, `model` is the one
    that would be called, for this `reason`, and `taken` the steps that it needn't buy: all figures
    are those of a run without them.
    """

    calls: Calls
    p10_usd: Decimal
    p50_usd: Decimal
    p90_usd: Decimal
    max_usd: Decimal
    basis: Literal["history", "formula", "cache"]
    sample_size: int
    exceeds: BudgetState | None
    needs_usd: Decimal
    short: BudgetState | None
    cap_usd: Decimal | None
    unproven: Sequence[str]
    model: str = ""
    reason: str = ""
    taken: Taken | None = None


def estimate(
    spec: Spec,
    prices: Mapping[str, ModelPrices],
    *,
    max_cost_usd: Decimal | None,
    owner_id: int,
    api_token_id: UUID | None,
) -> Estimate:
    """Estimate a checked submission with the prices of all its models."""
    costs = expected_costs(spec, prices, max_cost_usd=max_cost_usd)
    budgets = states(applying(owner_id, api_token_id))
    budget, needs = tightest(budgets), needed_usd(spec, prices)
    limited = budget is not None or max_cost_usd is not None
    return Estimate(
        calls=costs.calls,
        p10_usd=costs.low_usd,
        p50_usd=costs.p50_usd,
        p90_usd=costs.high_usd,
        max_usd=costs.max_usd,
        basis=costs.basis,
        sample_size=costs.sample_size,
        exceeds=budget if budget and budget.remaining_usd < costs.high_usd else None,
        needs_usd=needs,
        short=_short(budgets, needs),
        cap_usd=max_cost_usd if max_cost_usd is not None and max_cost_usd < needs else None,
        unproven=_unproven(prices) if limited else (),
    )


def expected_costs(
    spec: Spec, prices: Mapping[str, ModelPrices], *, max_cost_usd: Decimal | None
) -> Costs:
    """What it would cost by all that is known now."""
    simulated = settings.SIMULATED
    past = past_of(likeness(spec), simulated=simulated)
    ratios = None if past else ratios_of(spec.pattern, simulated=simulated)
    return costs_of(spec, prices, max_cost_usd=max_cost_usd, past=past, ratios=ratios)


NOTHING = Estimate(
    calls=Calls(0, 0, 0),
    p10_usd=Decimal(0),
    p50_usd=Decimal(0),
    p90_usd=Decimal(0),
    max_usd=Decimal(0),
    basis="cache",
    sample_size=1,
    exceeds=None,
    needs_usd=Decimal(0),
    short=None,
    cap_usd=None,
    unproven=(),
)


def estimate_of(run: Run) -> Estimate | None:
    """The estimate of a run that waits; None where its pattern or a price has gone since."""
    if run.pattern not in KNOWN:
        return None
    spec = spec_of_run(run)
    prices = {model: known for model, known in prices_of(spec.models).items() if known}
    if len(prices) < len(spec.models):
        return None
    return estimate(
        spec,
        prices,
        max_cost_usd=run.max_cost_usd,
        owner_id=run.owner_id,
        api_token_id=run.api_token_id,
    )


def _unproven(prices: Mapping[str, ModelPrices]) -> list[str]:
    """The models of which no answer has shown yet whether they keep their output cap."""
    return sorted(m for m, known in prices.items() if not (known.keeps_cap or known.ignores_cap))


def _short(budgets: Iterable[BudgetState], needs_usd: Decimal) -> BudgetState | None:
    """The hard budget with too little beside settled money; what others hold may come back."""
    left = {s.budget.pk: s.limit_usd - s.settled_usd for s in budgets if s.budget.hard}
    stopping = [s for s in budgets if left.get(s.budget.pk, needs_usd) < needs_usd]
    return min(stopping, key=lambda state: left[state.budget.pk], default=None)
