"""The budgets that limited one run, and whether they agree with the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.models import Budget
from billing.selectors.budgets import BudgetState, applying, states
from billing.selectors.pace import with_pace
from billing.selectors.windows import WindowCheck, charged_in, ledger_check_of, windows_of_run
from runs.models import Run


@dataclass(frozen=True, slots=True)
class RunLimits:
    """The run's windows; before its first hold, the budgets that will apply.

    `check` is of the windows that count the whole run; None where nothing was compared.
    """

    shown: Sequence[BudgetState]
    check: WindowCheck | None


def run_limits(run: Run) -> RunLimits:
    """What limits one run."""
    applied = windows_of_run(run.pk)
    shown = applied
    if not applied and not run.ended:
        shown = states(applying(run.owner_id, run.api_token_id), simulated=run.simulated)
    return RunLimits(with_pace(shown), _check(run, applied) if run.ended else None)


def _check(run: Run, applied: Sequence[BudgetState]) -> WindowCheck | None:
    """Compare the windows that count the whole run with all of their ledger lines."""
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
    return check if check.compared else None
