"""Budgets: a hard limit holds nothing that it has no room for, and refuses nothing that it has."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.errors import InvalidBudget
from billing.models import Budget, BudgetWindow, Hold, LedgerEntry
from billing.refusals import Refusal
from billing.selectors.budgets import budgets_that_apply
from billing.services import change_budget, create_budget, delete_budget
from runs.functions import HoldAnswer
from runs.models import Worker
from runs.services.doubt import KnownUsage, resolve_doubt
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, UserFactory, set_budget
from tests.money import BOUND, LEAST, running, window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]


def refusal_of(answer: HoldAnswer) -> Refusal:
    assert answer.refusal is not None
    return answer.refusal


def test_what_is_held_and_settled_stands_in_the_window() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    hold = journal.dispatch(run)
    assert (window(budget).held_usd, window(budget).settled_usd) == (BOUND, 0)
    journal.settle(run, hold)
    assert (window(budget).held_usd, window(budget).settled_usd) == (0, run.cost_usd)


def test_a_call_that_does_not_fit_is_refused_when_nothing_is_in_flight() -> None:
    budget = set_budget(LEAST - Decimal("0.000001"))
    answer = journal.ask(running())
    assert answer.outcome == "exhausted"
    assert refusal_of(answer).figures == {
        "scope": "site",
        "window": "month",
        "timezone": "UTC",
        "limit_usd": f"{budget.limit_usd.normalize():f}",
        "settled_usd": "0",
        "held_usd": "0",
        "requested_usd": f"{LEAST.normalize():f}",
        "resets_at": window(budget).ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),  # type: ignore[union-attr]
    }
    assert window(budget).held_usd == 0


def test_output_is_cut_to_fit_before_a_call_is_refused() -> None:
    budget = set_budget((BOUND + LEAST) / 2)
    answer = journal.ask(running())
    assert answer.outcome == "held"
    assert 256 <= answer.output_tokens < 1000
    assert window(budget).held_usd <= budget.limit_usd
    one_more = journal.cost("gpt-4.1-mini", 2000, 0, answer.output_tokens + 1)
    assert one_more > budget.limit_usd


def test_a_call_waits_for_money_in_flight_and_gets_it_in_turn() -> None:
    set_budget(BOUND * Decimal("1.2"))
    first, second, third = running(), running(), running()
    hold = journal.dispatch(first)
    assert journal.ask(second).outcome == "waiting"
    assert journal.ask(third).outcome == "waiting"
    journal.settle(first, hold, fresh=10, output=10)
    assert journal.ask(third).outcome == "waiting", "the second came first"
    answer = journal.ask(second)
    assert answer.outcome == "held"
    journal.settle(second, answer.hold, fresh=10, output=10)
    assert journal.ask(third).outcome == "held"


def test_nobody_waits_for_money_that_no_call_in_flight_gives_back() -> None:
    set_budget(BOUND)
    first, second = running(), running()
    assert journal.begin(first) == "begun"
    assert journal.ask(second).outcome == "exhausted"


def test_a_soft_budget_counts_and_refuses_nothing() -> None:
    budget = set_budget(Decimal(0), hard=False)
    run = running()
    journal.settle(run, journal.dispatch(run))
    assert window(budget).settled_usd == run.cost_usd > budget.limit_usd


def test_all_budgets_that_apply_are_charged_and_the_tightest_decides() -> None:
    owner: User = UserFactory.create()
    token = ApiTokenFactory.create(user=owner)
    wide = set_budget(Decimal(10))
    tight = create_budget(scope="user", period="day", limit_usd=BOUND, user=owner)
    by_token = create_budget(scope="token", period="total", limit_usd=Decimal(1), api_token=token)
    run = running(owner=owner, api_token=token)
    hold = journal.dispatch(run)
    for budget in (wide, tight, by_token):
        assert window(budget).held_usd == BOUND
    answer = journal.ask(running(owner=owner, api_token=token))
    assert answer.outcome == "waiting"
    journal.settle(run, hold, fresh=2000, output=1000)
    answer = journal.ask(running(owner=owner, api_token=token))
    assert refusal_of(answer).scope == "user"
    someone_else = running()
    assert journal.ask(someone_else).outcome == "held"
    assert window(tight).held_usd == 0


def test_real_and_simulated_money_are_limited_apart() -> None:
    budget = set_budget(BOUND)
    journal.dispatch(running())
    assert journal.ask(running(simulated=False)).outcome == "held"
    assert BudgetWindow.objects.get(budget=budget, simulated=False).held_usd == BOUND


def test_a_refused_request_gives_its_money_back() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    journal.fail(run, journal.dispatch(run))
    assert (window(budget).held_usd, window(budget).settled_usd) == (0, 0)


def test_a_call_dearer_than_its_hold_is_settled_and_called_an_overrun() -> None:
    budget = set_budget(BOUND)
    run = running()
    journal.settle(run, journal.dispatch(run), fresh=2000, output=1500)
    excess = run.cost_usd - BOUND
    assert (window(budget).overrun_usd, window(budget).settled_usd) == (excess, run.cost_usd)


def test_doubt_stays_in_the_window_until_it_is_known_better() -> None:
    budget = set_budget(Decimal(1))
    worker = Worker.objects.create(
        name="w", capacity=1, expires_at=timezone.now() + timedelta(seconds=9)
    )
    run = journal.start(RunFactory.create(), worker)
    hold, epoch = journal.dispatch(run), run.epoch
    Worker.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    journal.sweep()
    assert (window(budget).held_usd, window(budget).settled_usd) == (0, BOUND)
    run.epoch = epoch
    journal.settle(run, hold, fresh=100, output=50)
    assert window(budget).settled_usd == run.cost_usd < BOUND


class TestSetting:
    """Budgets may come, change and go at any time."""

    def test_a_new_budget_counts_what_its_period_has_seen(self) -> None:
        run = running()
        journal.buy(run)
        hold = journal.dispatch(run, "react/t2/think")
        budget = set_budget(Decimal(1))
        assert window(budget).settled_usd == run.cost_usd
        assert window(budget).held_usd == BOUND
        journal.settle(run, hold)
        assert (window(budget).held_usd, window(budget).settled_usd) == (0, run.cost_usd)

    def test_a_limit_below_what_is_settled_holds_nothing_more(self) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        journal.buy(run)
        change_budget(budget=budget, limit_usd=Decimal(0))
        assert journal.ask(run, "react/t2/think").outcome == "exhausted"
        change_budget(budget=budget, limit_usd=Decimal(1))
        assert journal.ask(run, "react/t2/think").outcome == "held"

    def test_a_change_of_one_thing_leaves_what_others_changed_meanwhile(self) -> None:
        budget = set_budget(Decimal(1), hard=False)
        read_before = Budget.objects.get(pk=budget.pk)
        change_budget(budget=budget, hard=True)
        changed = change_budget(budget=read_before, limit_usd=Decimal(2))
        assert (changed.hard, changed.limit_usd) == (True, 2)
        assert (window(budget).hard, window(budget).limit_usd) == (True, 2)

    def test_a_soft_budget_that_becomes_hard_refuses_from_then_on(self) -> None:
        budget = set_budget(Decimal(0), hard=False)
        run = running()
        journal.buy(run)
        change_budget(budget=budget, hard=True)
        assert journal.ask(run, "react/t2/think").outcome == "exhausted"

    def test_a_budget_that_goes_frees_everybody(self) -> None:
        budget = set_budget(Decimal(0))
        run = running()
        assert journal.ask(run).outcome == "exhausted"
        delete_budget(budget=budget)
        assert journal.ask(run).outcome == "held"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"timezone": "Mars/Olympus"}, "timezone"),
            ({"timezone": "../etc/passwd"}, "timezone"),
            ({"limit_usd": Decimal(-1)}, "limit_usd"),
            ({"limit_usd": Decimal(10**9)}, "limit_usd"),
            ({"scope": "user"}, "user"),
            ({"scope": "token"}, "token"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, change: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidBudget) as refused:
            set_budget(**({"limit": Decimal(1)} | change))
        assert refused.value.field == field
        assert not Budget.objects.exists()

    def test_its_present_figures_are_read_in_one_query(
        self, django_assert_num_queries: Any
    ) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        hold, owner = journal.dispatch(run), run.owner
        with django_assert_num_queries(1):
            (state,) = budgets_that_apply(owner)
        assert (state.budget, state.held_usd, state.remaining_usd) == (budget, BOUND, 1 - BOUND)
        assert state.resets_at is not None
        assert state.resets_at > datetime.now(UTC)
        journal.settle(run, hold)


def test_a_refusal_names_the_budget_that_stands_in_the_way() -> None:
    owner: User = UserFactory.create()
    set_budget(BOUND * 3)
    create_budget(scope="user", period="day", limit_usd=BOUND, user=owner)
    run = running(owner=owner)
    journal.buy(run, fresh=2000, output=900)
    for _ in range(2):  # less is free under the site's budget, but the user's is spent
        other = running()
        assert journal.begin(other) == "begun"
    assert refusal_of(journal.ask(run, "react/t2/think")).scope == "user"


def test_a_ticket_that_waits_for_its_own_budget_is_no_hindrance_to_others() -> None:
    owner: User = UserFactory.create()
    set_budget(BOUND * 3)
    create_budget(scope="user", period="month", limit_usd=BOUND, user=owner)
    first, second, other = running(owner=owner), running(owner=owner), running()
    journal.dispatch(first)
    assert journal.ask(second).outcome == "waiting"
    assert journal.ask(other, max_output_tokens=2000).outcome == "held"


def test_a_ticket_under_its_own_cap_is_no_hindrance_to_others() -> None:
    set_budget(BOUND * 4)
    capped, other = running(max_cost_usd=BOUND * Decimal("1.2")), running()
    journal.dispatch(capped)
    assert journal.ask(capped, "react/t2/think").outcome == "waiting"
    assert journal.ask(other, max_output_tokens=4000).outcome == "held"


def test_an_overrun_that_is_superseded_is_counted_once() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    hold, epoch = journal.dispatch(run), run.epoch
    journal.lose_worker(run)
    doubt = LedgerEntry.objects.get(confidence="in_doubt")
    resolve_doubt(
        entry=doubt,
        by=UserFactory.create(),
        reason="their page",
        known=KnownUsage(2000, 0, 0, 2000),
    )
    assert window(budget).overrun_usd > BOUND / 2
    run.epoch = epoch
    journal.settle(run, hold, fresh=2000, output=1250)
    assert window(budget).overrun_usd == run.cost_usd - BOUND


def test_tickets_go_when_their_run_ends() -> None:
    set_budget(BOUND)
    busy, run = running(), running()
    journal.dispatch(busy)
    assert journal.ask(run).outcome == "waiting"
    journal.finish(run, None, status="failed")
    assert not Hold.objects.filter(state="waiting").exists()
