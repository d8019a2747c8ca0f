"""What the frame around every page shows of money."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.caller import known_caller
from accounts.models import User
from billing.presenters import BudgetRow, budget_row
from billing.selectors.budgets import BudgetState, applying, states, tightest
from billing.selectors.pace import with_pace


def budget(request: HttpRequest) -> dict[str, Any]:
    """The reader's tightest hard budget, in the composer with its pace.

    Each is asked for only where a template shows it, and the view doesn't know it already.
    """
    caller = known_caller(request)
    if caller is None:
        return {}
    user = caller.user
    found = SimpleLazyObject(lambda: _tightest(user))
    return {
        "tightest_budget": found,
        "tightest_paced": SimpleLazyObject(lambda: _paced(user, found.state)),
    }


def _tightest(user: User) -> BudgetRow | None:
    found = tightest(states(applying(user.pk, None).filter(hard=True)))
    return budget_row(found, reader=user) if found else None


def _paced(user: User, state: BudgetState) -> BudgetRow:
    (paced,) = with_pace([state])
    return budget_row(paced, reader=user)
