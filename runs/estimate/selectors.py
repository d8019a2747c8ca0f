"""What a run would come to: from runs like it, or from its pattern's formula. Never a guess."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from billing.money import ModelPrices
from billing.pricing import prices_of
from billing.selectors.budgets import BudgetState, applying, states, tightest
from runs.engine.estimate import Size, call_sizes
from runs.engine.registry import KNOWN
from runs.engine.types import Spec
from runs.models import Run
from runs.selectors.forks import Taken
from runs.selectors.medians import MIN_RUNS
from runs.services.funds import needed_usd
from runs.spec import spec_of_run

# The newest runs of one size within 90 days, out of the index `run_history`; when they are too
# few, those of every size. A run that was cancelled, bought nothing, or is a fork tells nothing.
HISTORY = """
    WITH alike AS MATERIALIZED (
        SELECT cost_usd, llm_calls FROM runs_run
        WHERE pattern = %(pattern)s AND chosen_model = %(model)s AND simulated = %(simulated)s
            AND task_size = %(size)s AND finished_at > now() - interval '90 days'
            AND status IN ('succeeded', 'failed') AND llm_calls > 0 AND fork_step = ''
        ORDER BY finished_at DESC LIMIT 1000
    ), wider AS (
        SELECT r.cost_usd, r.llm_calls FROM generate_series(1, 24) AS size
        CROSS JOIN LATERAL (
            SELECT finished_at, cost_usd, llm_calls FROM runs_run
            WHERE pattern = %(pattern)s AND chosen_model = %(model)s AND simulated = %(simulated)s
                AND task_size = size AND finished_at > now() - interval '90 days'
                AND status IN ('succeeded', 'failed') AND llm_calls > 0 AND fork_step = ''
            ORDER BY finished_at DESC LIMIT 1000
        ) r
        WHERE (SELECT count(*) FROM alike) < %(least)s
        ORDER BY r.finished_at DESC LIMIT 1000
    ), sample AS (
        SELECT * FROM wider
        UNION ALL
        SELECT * FROM alike WHERE (SELECT count(*) FROM alike) >= %(least)s
    )
    SELECT
        count(*), min(llm_calls),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY llm_calls), max(llm_calls),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY cost_usd),
        percentile_disc(0.9) WITHIN GROUP (ORDER BY cost_usd)
    FROM sample
"""


class Calls(NamedTuple):
    """LLM calls of one run."""

    least: int
    typical: int
    most: int


class Past(NamedTuple):
    """What so many runs alike came to."""

    runs: int
    calls: Calls
    p50_usd: Decimal
    p90_usd: Decimal


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
    pattern = KNOWN[spec.pattern]
    params = pattern.params.model_validate(spec.params)
    formula = Calls(*pattern.formula(params, form=spec.answer_schema != ""))
    limit = _sum(call_sizes(spec, pattern, params, formula.most, held=True), prices, held=True)
    if max_cost_usd is not None:
        limit = min(limit, max_cost_usd)
    past = _history(spec)
    if past is not None:
        calls = Calls(*(min(number, formula.most) for number in past.calls))
        p50, p90 = past.p50_usd, past.p90_usd
    else:
        calls = formula
        p50, p90 = (
            _sum(call_sizes(spec, pattern, params, number, held=False), prices, held=False)
            for number in (formula.typical, formula.most)
        )
    p90 = min(p90, limit)
    budgets = states(applying(owner_id, api_token_id))
    budget, needs = tightest(budgets), needed_usd(spec, prices)
    limited = budget is not None or max_cost_usd is not None
    return Estimate(
        calls=calls,
        p50_usd=min(p50, limit),
        p90_usd=p90,
        max_usd=limit,
        basis="history" if past else "formula",
        sample_size=past.runs if past else 0,
        exceeds=budget if budget and budget.remaining_usd < p90 else None,
        needs_usd=needs,
        short=_short(budgets, needs),
        cap_usd=max_cost_usd if max_cost_usd is not None and max_cost_usd < needs else None,
        unproven=_unproven(prices) if limited else (),
    )


NOTHING = Estimate(
    calls=Calls(0, 0, 0),
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


def _history(spec: Spec) -> Past | None:
    """None when too few runs are like it; one with roles or wishes of its own is like no other."""
    if spec.roles or spec.reasoning_effort or spec.verbosity:
        return None
    like: dict[str, str | int] = {
        "pattern": spec.pattern,
        "model": spec.model,
        "simulated": settings.SIMULATED,
        "size": len(spec.task.encode()).bit_length(),
        "least": MIN_RUNS,
    }
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, like)
        runs, least, typical, most, p50, p90 = cursor.fetchone()
    return Past(runs, Calls(least, typical, most), p50, p90) if runs >= MIN_RUNS else None


def _sum(calls: Iterable[list[Size]], prices: Mapping[str, ModelPrices], *, held: bool) -> Decimal:
    """The cost of calls of which each is the dearest of those that it could be."""
    return sum(
        (max(_cost(size, prices[size.model], held) for size in sizes) for sizes in calls),
        start=Decimal(0),
    )


def _cost(size: Size, prices: ModelPrices, held: bool) -> Decimal:
    if held:
        return prices.bound(size.input_tokens).cost(size.output_tokens)
    unit = prices.at(size.input_tokens)
    return unit.cost(
        fresh_input=size.input_tokens, cached_input=0, cache_write=0, output=size.output_tokens
    )
