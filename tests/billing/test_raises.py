"""A budget raised for the rest of its present period, and no longer."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from accounts.audit_models import Action, AuditEntry
from accounts.models import User
from billing.errors import InvalidBudget
from billing.models import Budget, BudgetWindow
from billing.selectors.budgets import states
from billing.services import change_budget, delete_budget, end_raise, raise_budget
from tests import journal
from tests.factories import set_budget
from tests.money import BOUND, running

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]

LITTLE, MORE = BOUND / 2, BOUND * 2
# Too little for any call, so that output can't be cut to fit.
NOTHING = Decimal("0.000001")


def limits(budget: Budget) -> set[Decimal]:
    """Of the newest windows, in real and simulated dollars."""
    found = BudgetWindow.objects.filter(budget=budget).order_by("simulated", "-starts_at")
    return {window.limit_usd for window in found.distinct("simulated")}


def test_what_was_refused_is_held_after_a_raise() -> None:
    budget = set_budget(NOTHING)
    run = running()
    assert journal.ask(run).outcome == "exhausted"
    raise_budget(budget=budget, limit_usd=MORE)
    assert journal.ask(run).outcome == "held"
    assert limits(budget) == {MORE}


def test_the_next_period_has_the_budgets_own_limit_again() -> None:
    budget = set_budget(NOTHING)
    raise_budget(budget=budget, limit_usd=MORE)
    # That month is over now.
    BudgetWindow.objects.update(
        starts_at=F("starts_at") - timedelta(days=31), ends_at=F("starts_at")
    )
    (state,) = states(Budget.objects.all())
    assert (state.limit_usd, state.raised) == (NOTHING, False)
    assert journal.ask(running()).outcome == "exhausted"


def test_a_period_that_nothing_was_spent_in_is_raised_too() -> None:
    budget = set_budget(NOTHING)
    BudgetWindow.objects.filter(budget=budget).delete()
    raise_budget(budget=budget, limit_usd=MORE)
    assert limits(budget) == {MORE}
    assert BudgetWindow.objects.filter(budget=budget).count() == 2


def test_a_raise_that_ends_early_holds_nothing_more() -> None:
    budget = set_budget(NOTHING)
    raise_budget(budget=budget, limit_usd=MORE)
    run = running()
    journal.buy(run)
    end_raise(budget=budget)
    assert limits(budget) == {NOTHING}
    assert journal.ask(run, "react/t2/think").outcome == "exhausted"


def test_a_new_limit_ends_it_and_a_new_kind_does_not() -> None:
    budget = set_budget(LITTLE)
    raise_budget(budget=budget, limit_usd=MORE)
    change_budget(budget=budget, hard=False)
    assert limits(budget) == {MORE}
    change_budget(budget=budget, limit_usd=LITTLE)
    assert limits(budget) == {LITTLE}


@pytest.mark.parametrize("limit", [LITTLE, LITTLE / 2, Decimal(10**9), Decimal("NaN")])
def test_it_is_above_the_budgets_own_limit(limit: Decimal) -> None:
    budget = set_budget(LITTLE)
    with pytest.raises(InvalidBudget):
        raise_budget(budget=budget, limit_usd=limit)
    assert limits(budget) == {LITTLE}


def test_a_total_has_no_next_period() -> None:
    budget = set_budget(LITTLE, period="total")
    with pytest.raises(InvalidBudget, match="change its limit"):
        raise_budget(budget=budget, limit_usd=MORE)


@pytest.mark.parametrize(
    "change", [end_raise, lambda budget: raise_budget(budget=budget, limit_usd=MORE)]
)
def test_one_that_was_deleted_meanwhile_says_so(change: Any) -> None:
    budget = set_budget(LITTLE)
    read = Budget.objects.get(pk=budget.pk)
    delete_budget(budget=budget)
    with pytest.raises(Budget.DoesNotExist):
        change(budget=read)


def test_a_raised_window_is_told_of_again() -> None:
    budget = set_budget(LITTLE)
    BudgetWindow.objects.filter(budget=budget).update(told_percent=100, settled_usd=F("limit_usd"))
    raise_budget(budget=budget, limit_usd=LITTLE * 4)
    assert set(BudgetWindow.objects.values_list("told_percent", flat=True)) == {0}
    BudgetWindow.objects.update(settled_usd=0)


def test_it_is_recorded_with_its_owner_and_limits(alice: User) -> None:
    budget = set_budget(5, scope="user", user=alice)
    raise_budget(budget=budget, limit_usd=Decimal(8))
    end_raise(budget=budget)
    end_raise(budget=budget)
    actions = [Action.BUDGET_RAISED, Action.BUDGET_RAISE_ENDED]
    entries = AuditEntry.objects.filter(action__in=actions).order_by("id")
    assert [(entry.user_id, entry.before, entry.after) for entry in entries] == [
        (alice.pk, {"limit_usd": "5"}, {"limit_usd": "8"}),
        (alice.pk, {"limit_usd": "8"}, {"limit_usd": "5"}),
    ]


def test_the_page_of_the_budget(client_for: Any, staff: User, alice: User) -> None:
    budget = set_budget(5, scope="user", user=alice)
    page, browser = f"/budgets/{budget.pk}/", client_for(staff)
    assert client_for(alice).post(f"{page}raise/", {"raise-limit_usd": "9"}).status_code == 404
    assert client_for(alice).post(f"{page}end-raise/").status_code == 404

    wrong = browser.post(f"{page}raise/", {"raise-limit_usd": "5"})
    assert wrong.status_code == 422
    assert "above the budget’s own limit of $5" in wrong.content.decode()

    raised = browser.post(f"{page}raise/", {"raise-limit_usd": "9"}, follow=True)
    assert "End the raise now" in raised.content.decode()
    assert '<span class="tag">raised</span>' in client_for(alice).get("/budgets/").content.decode()
    # What is shown as the limit is the budget's own, and sending it as it is changes nothing.
    browser.post(page, {"limit_usd": "5.00", "kind": "soft"})
    assert limits(budget) == {9}

    ended = browser.post(f"{page}end-raise/", follow=True)
    assert "Raise for now" in ended.content.decode()
    assert limits(budget) == {5}


def test_the_api(api_for: Any, staff: User) -> None:
    budget = set_budget(5)
    one, client = f"/api/v1/admin/budgets/{budget.pk}/", api_for(staff)

    def patch(**body: Any) -> Any:
        return client.patch(one, body, format="json")

    raised = patch(limit_usd="9", this_period_only=True).json()
    assert (raised["limit_usd"], raised["raised"]) == ("9", True)
    assert patch(limit_usd="5", this_period_only=True).status_code == 400
    assert patch(this_period_only=True).status_code == 400
    assert patch(limit_usd="9", hard=False, this_period_only=True).status_code == 400
    ended = patch(limit_usd="5").json()
    assert (ended["limit_usd"], ended["raised"]) == ("5", False)
