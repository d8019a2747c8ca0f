"""The Budgets card of a run: its own cap, the budgets that applied, and the proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.money import left_of
from billing.presenters import BudgetRow, Gauge, budget_rows, gauge
from runs.models import Run
from runs.presenters.cost import Proof
from runs.selectors.budgets import RunLimits


@dataclass(frozen=True, slots=True)
class RunBudgets:
    """What limited the run. `proof` is None where nothing was compared."""

    cap: Gauge | None
    cap_left_usd: Decimal
    used_usd: Decimal
    rows: Sequence[BudgetRow]
    proof: Proof | None


def run_budgets(run: Run, limits: RunLimits) -> RunBudgets:
    """The card of one run."""
    cap, check = run.max_cost_usd, limits.check
    return RunBudgets(
        cap=None if cap is None else gauge(run.cost_usd, run.held_usd, cap),
        cap_left_usd=left_of(cap or Decimal(0), run.cost_usd, run.held_usd),
        used_usd=run.cost_usd + run.held_usd,
        rows=budget_rows(limits.shown, reader=run.owner),
        proof=Proof("what the budget settled", check.off_by) if check else None,
    )
