"""The pace of a budget: dollars a minute of late, and when it would be empty."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing.models import Budget, BudgetWindow, Hold
from billing.presenters import about
from billing.selectors.budgets import BudgetState, states, window_states
from billing.selectors.pace import with_pace
from runs.models import Run
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, set_budget
from tests.money import BOUND

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]


def paced(*budgets: Budget) -> list[BudgetState]:
    """The present states of these budgets, in their order."""
    found = with_pace(states(Budget.objects.filter(pk__in=[budget.pk for budget in budgets])))
    order = [budget.pk for budget in budgets]
    return sorted(found, key=lambda state: order.index(state.budget.pk))


def spending(owner: User, **options: Any) -> Run:
    """A run that has bought a call and holds the money of another."""
    run = journal.start(RunFactory.create(owner=owner, **options))
    journal.buy(run)
    journal.dispatch(run, "react/t2/think")
    return run


def test_it_is_what_was_charged_and_is_held_in_five_minutes_by_five(alice: User) -> None:
    budget = set_budget(1, period="total")
    run = spending(alice)
    (state,) = paced(budget)
    assert state.pace is not None
    assert state.pace.usd_a_minute == (run.cost_usd + BOUND) / 5
    left = 1 - run.cost_usd - BOUND
    assert state.pace.minutes_left == left / state.pace.usd_a_minute


def test_each_budget_counts_its_own_payers_in_one_query(
    alice: User, bob: User, django_assert_num_queries: Any
) -> None:
    token = ApiTokenFactory.create(user=alice)
    site = set_budget(1, period="total")
    hers = set_budget(1, period="total", scope="user", user=alice)
    of_token = set_budget(1, period="total", scope="token", api_token=token)
    of_bob = set_budget(1, period="total", scope="user", user=bob)
    first, second = spending(alice), spending(alice, api_token=token)
    one = first.cost_usd + BOUND
    assert second.cost_usd == first.cost_usd
    found = states(Budget.objects.filter(pk__in=[site.pk, hers.pk, of_token.pk, of_bob.pk]))
    with django_assert_num_queries(1):
        rows = with_pace(found)
    a_minute = {row.budget.pk: row.pace and row.pace.usd_a_minute for row in rows}
    assert a_minute == {
        site.pk: 2 * one / 5,
        hers.pk: 2 * one / 5,
        of_token.pk: one / 5,
        of_bob.pk: None,
    }


def test_an_idle_budget_says_nothing(alice: User, client_for: Any) -> None:
    budget = set_budget(1, period="total", scope="user", user=alice)
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, held_at=timezone.now() - timedelta(minutes=6))
    (state,) = paced(budget)
    assert (state.settled_usd > 0, state.pace) == (True, None)
    assert "a minute" not in client_for(alice).get("/budgets/").content.decode()


def test_neither_does_one_that_resets_first_or_has_nothing_left(alice: User) -> None:
    monthly = set_budget(1_000_000, scope="user", user=alice)
    run = spending(alice)
    spent = run.cost_usd + BOUND
    empty = set_budget(spent, period="total", scope="user", user=alice)
    little = set_budget(spent + Decimal("0.0001"), scope="user", user=alice, period="total")
    assert [state.pace is not None for state in paced(monthly, empty, little)] == [
        False,
        False,
        True,
    ]


def test_a_period_that_is_over_is_not_emptied(alice: User) -> None:
    budget = set_budget(Decimal("0.01"), scope="user", user=alice)
    spending(alice)
    windows = BudgetWindow.objects.filter(budget=budget, simulated=True)
    ids = [window.pk for window in windows]
    windows.update(ends_at=timezone.now() + timedelta(days=7))
    (running,) = with_pace(window_states(ids))
    windows.update(ends_at=timezone.now())
    (over,) = with_pace(window_states(ids))
    assert (running.pace is not None, over.pace) == (True, None)


@pytest.mark.parametrize("path", ["/budgets/", "/usage/?dollars=simulated", "/", "/runs/{run}/"])
def test_every_gauge_of_the_budget_says_it(path: str, alice: User, client_for: Any) -> None:
    run = spending(alice)
    rate = (run.cost_usd + BOUND) / 5
    limit = run.cost_usd + BOUND + 40 * rate
    set_budget(limit, period="total", scope="user", user=alice)
    browser: Client = client_for(alice)
    html = browser.get(path.format(run=run.pk)).content.decode()
    assert f"At ${rate:.4f} a minute: empty in about 40 minutes" in html


def test_one_that_is_marked_full_says_no_more(alice: User, client_for: Any) -> None:
    spent = spending(alice).cost_usd + BOUND
    set_budget(spent * Decimal("1.0005"), period="total", scope="user", user=alice)
    html = client_for(alice).get("/budgets/").content.decode()
    assert (">full<" in html, "a minute" in html) == (True, False)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ("0.4", "less than a minute"),
        ("1.2", "about 1 minute"),
        ("89", "about 89 minutes"),
        ("100", "about 2 hours"),
        ("2850", "about 2 days"),
        ("9000000000", "more than a year"),
    ],
)
def test_a_time_to_come_is_no_more_exact_than_it_is_known(minutes: str, words: str) -> None:
    assert about(Decimal(minutes)) == words


def test_holds_that_came_back_are_not_counted(alice: User) -> None:
    budget = set_budget(1, period="total", scope="user", user=alice)
    run = journal.start(RunFactory.create(owner=alice))
    journal.fail(run, journal.dispatch(run))
    assert Hold.objects.get(run_id=run.pk).state == Hold.State.RELEASED
    (state,) = paced(budget)
    assert state.pace is None
