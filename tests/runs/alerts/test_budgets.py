"""A budget's thresholds are told once a window, whatever its limit and its spend do meanwhile."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiToken, User
from billing.models import Budget, BudgetWindow
from billing.services import change_budget
from runs.alert_models import Alert, AlertNotice
from runs.alerts.causes import budgets
from runs.alerts.sweep import sweep
from runs.alerts.wording import words_of
from tests.factories import set_budget
from tests.runs.alerts.spending import run_of, spend

pytestmark = pytest.mark.django_db


def soft(limit: object, **options: Any) -> Budget:
    return set_budget(limit, hard=False, **options)


def told() -> list[str]:
    """The thresholds, in the order in which they were told."""
    found = Alert.objects.filter(kind__in=("budget", "site_budget")).order_by("id")
    return [alert.threshold for alert in found]


def test_each_threshold_is_told_once(alice: User) -> None:
    soft(10, scope="user", user=alice)
    run = run_of(alice)
    for usd, expected in (
        (4, []),
        ("1.5", ["50 % of 10"]),
        (1, ["50 % of 10"]),
        (2, ["50 % of 10", "80 % of 10"]),
        (4, ["50 % of 10", "80 % of 10", "100 % of 10"]),
        (9, ["50 % of 10", "80 % of 10", "100 % of 10"]),
    ):
        spend(run, usd)
        sweep()
        sweep()
        assert told() == expected
    assert AlertNotice.objects.filter(recipient=alice).count() == 3


def test_exactly_half_is_half_and_a_jump_is_told_as_its_highest(alice: User, bob: User) -> None:
    soft(10, scope="user", user=alice)
    soft(10, scope="user", user=bob)
    spend(run_of(alice), 5)
    spend(run_of(bob), "8.5")
    sweep()
    assert sorted(told()) == ["50 % of 10", "80 % of 10"]


def test_a_raised_limit_is_told_again_once_it_is_reached(alice: User) -> None:
    budget = soft(10, scope="user", user=alice)
    run = run_of(alice)
    spend(run, "8.5")
    sweep()
    change_budget(budget=budget, limit_usd=Decimal(20))
    sweep()
    assert told() == ["80 % of 10"]
    spend(run, 3)
    sweep()
    assert told() == ["80 % of 10", "50 % of 20"]
    spend(run, 5)
    sweep()
    assert told() == ["80 % of 10", "50 % of 20", "80 % of 20"]


def test_a_limit_raised_by_little_repeats_nothing(alice: User) -> None:
    budget = soft(10, scope="user", user=alice)
    spend(run_of(alice), "8.5")
    sweep()
    change_budget(budget=budget, limit_usd=Decimal("10.5"))
    sweep()
    assert told() == ["80 % of 10"]


def test_a_lowered_limit_tells_only_what_is_new(alice: User) -> None:
    budget = soft(20, scope="user", user=alice)
    spend(run_of(alice), 17)
    sweep()
    change_budget(budget=budget, limit_usd=Decimal(18))
    sweep()
    assert told() == ["80 % of 20"]
    change_budget(budget=budget, limit_usd=Decimal(10))
    sweep()
    sweep()
    assert told() == ["80 % of 20", "100 % of 10"]


def test_money_that_comes_back_and_is_spent_again_is_not_told_twice(alice: User) -> None:
    budget = soft(10, scope="user", user=alice)
    spend(run_of(alice), "8.5")
    sweep()
    windows = BudgetWindow.objects.filter(budget=budget, simulated=True)
    for settled in (6, 9):
        windows.update(settled_usd=settled)
        sweep()
    assert told() == ["80 % of 10"]


def test_a_new_window_begins_anew(alice: User) -> None:
    budget = soft(10, scope="user", user=alice, period="day")
    spend(run_of(alice), "5.5")
    sweep()
    day = timedelta(days=1)
    present = BudgetWindow.objects.get(budget=budget, simulated=True)
    BudgetWindow.objects.create(
        budget=budget,
        simulated=True,
        starts_at=present.starts_at + day,
        ends_at=present.starts_at + 2 * day,
        limit_usd=10,
        settled_usd=6,
    )
    sweep()
    assert told() == ["50 % of 10", "50 % of 10"]
    first, second = Alert.objects.order_by("id")
    assert second.starts_at - first.starts_at == day


def test_what_was_passed_in_the_last_minute_of_a_window_is_told_after_it(alice: User) -> None:
    budget = soft(10, scope="user", user=alice, period="day")
    now = timezone.now()
    for ago, settled in ((timedelta(hours=1), 9), (timedelta(days=3), 9)):
        BudgetWindow.objects.create(
            budget=budget,
            simulated=False,
            starts_at=now - ago - timedelta(days=1),
            ends_at=now - ago,
            limit_usd=10,
            settled_usd=settled,
        )
    BudgetWindow.objects.filter(budget=budget, simulated=False, ends_at__gt=now).delete()
    sweep()
    assert told() == ["80 % of 10"]


def test_the_budget_of_a_token_is_its_owners_and_the_sites_is_all_staffs(
    alice: User, bob: User, staff: User
) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="ci")
    soft(10, scope="token", api_token=token)
    soft(10)
    spend(run_of(alice, token), 6)
    sweep()
    people = {(n.alert.kind, n.recipient.email) for n in AlertNotice.objects.all()}
    assert people == {("budget", alice.email), ("site_budget", staff.email)}
    of_token = Alert.objects.get(kind="budget")
    assert words_of(of_token.kind, of_token.data).title == (
        "50% of the monthly budget of your token “ci” is used up"
    )


def test_every_figure_is_explained(alice: User) -> None:
    soft("10.25", scope="user", user=alice, period="total")
    spend(run_of(alice), "5.3")
    sweep()
    alert = Alert.objects.get()
    words = words_of(alert.kind, alert.data)
    assert words.title == "50% of your total budget is used up"
    assert words.text == (
        "$5.30 (simulated) is settled of a limit of $10.25 (simulated); $0.00 (simulated) more "
        "is held for calls under way. It only warns: runs go on. It never resets."
    )


def test_a_limit_of_nothing_is_never_used_up(alice: User) -> None:
    soft(0, scope="user", user=alice)
    spend(run_of(alice), 1)
    sweep()
    assert told() == []


def test_more_budgets_than_a_part_has_are_all_looked_at(alice: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(budgets, "AT_A_TIME", 2)
    for _ in range(5):
        soft(10, scope="user", user=alice)
    spend(run_of(alice), 6)
    assert len(list(budgets.found())) == 5
    monkeypatch.setattr(budgets, "MOST", 3)
    assert [sweep(), sweep(), sweep()] == [3, 2, 0]


def test_the_windows_of_many_budgets_are_found_by_an_index(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_budget (id, scope, user_id, period, timezone, hard, limit_usd) "
            "SELECT gen_random_uuid(), 'user', %s, 'day', 'UTC', true, 10 "
            "FROM generate_series(1, 100000)",
            [alice.pk],
        )
        cursor.execute(
            "INSERT INTO billing_budgetwindow (budget_id, simulated, starts_at, ends_at, limit_usd,"
            " settled_usd) SELECT id, false, date_trunc('day', now()), "
            "date_trunc('day', now()) + interval '1 day', 10, 1 FROM billing_budget"
        )
        cursor.execute("ANALYZE billing_budget, billing_budgetwindow, runs_alert")
        given: dict[str, Any] = {
            "after": budgets.FIRST,
            "limit": budgets.AT_A_TIME,
            "percents": budgets.PERCENTS,
            "most": budgets.MOST,
        }
        cursor.execute(f"EXPLAIN {budgets.PASSED}", given)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "using window_unique" in plan
    assert "billing_budget_pkey" in plan
    assert "Seq Scan on billing" not in plan
