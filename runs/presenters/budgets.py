"""The Budgets card of a run: its own cap, the budgets that applied, and the proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.models import Budget
from billing.presenters import BudgetRow, Gauge, budget_rows, gauge
from billing.selectors.budgets import BudgetState, applying, states
from billing.selectors.windows import charged_in, ledger_check_of, windows_of_run
from runs.models import Run
from runs.presenters.cost import Proof


@dataclass(frozen=True, slots=True)
class RunBudgets:
    """What limited the run. `proof` is None where nothing was compared."""

    cap: Gauge | None
    cap_left_usd: Decimal
    rows: Sequence[BudgetRow]
    proof: Proof | None


def run_budgets(run: Run) -> RunBudgets:
    """The card of one run; before its first hold, the budgets that will apply."""
    applied = windows_of_run(run.pk)
    shown = applied
    if not applied and not run.ended:
        shown = states(applying(run.owner_id, run.api_token_id), simulated=run.simulated)
    cap = run.max_cost_usd
    return RunBudgets(
        cap=None if cap is None else gauge(run.cost_usd, run.held_usd, cap),
        cap_left_usd=max(Decimal(0), (cap or Decimal(0)) - run.cost_usd - run.held_usd),
        rows=budget_rows(shown, reader=run.owner),
        proof=_proof(run, applied) if run.ended else None,
    )


def _proof(run: Run, applied: Sequence[BudgetState]) -> Proof | None:
    """Every window that counts the whole run equals its ledger lines, the run's among them."""
    own = [
        state.window_id
        for state in applied
        if state.window_id is not None
        and state.budget.scope != Budget.Scope.SITE
        and state.budget.period != Budget.Period.TOTAL
    ]
    if not own or charged_in(run.pk, own) != run.cost_usd:
        return None
    check = ledger_check_of(run.owner, own)
    return Proof("what the budget settled", check.off_by) if check.compared else None
