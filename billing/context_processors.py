"""What the frame around every page shows of money."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.caller import known_caller
from accounts.models import User
from billing.presenters import BudgetRow, budget_row
from billing.selectors.budgets import applying, states, tightest


def budget(request: HttpRequest) -> dict[str, Any]:
    """The reader's tightest hard budget; asked for only where a template shows it."""
    caller = known_caller(request)
    return {"tightest_budget": SimpleLazyObject(lambda: _tightest(caller.user))} if caller else {}


def _tightest(user: User) -> BudgetRow | None:
    found = tightest(states(applying(user.pk, None).filter(hard=True)))
    return budget_row(found, reader=user) if found else None
