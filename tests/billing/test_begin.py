"""A run begins with the money for its last call, and its closing call spends that."""

from decimal import Decimal
from functools import partial

import pytest

from billing.models import Hold, LedgerEntry, ModelSafety
from runs.states import Status
from tests import journal
from tests.factories import set_budget
from tests.money import BOUND, MODEL, running, window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]


def test_the_closing_money_is_held_until_the_end() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    assert journal.begin(run) == "begun"
    held = window(budget).held_usd
    assert run.held_usd == held > 0
    assert journal.begin(run) == "begun"
    assert window(budget).held_usd == held
    journal.finish(run)
    assert (window(budget).held_usd, run.held_usd) == (0, 0)


def test_the_closing_call_uses_it_and_a_free_try_keeps_it() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    journal.begin(run)
    held = window(budget).held_usd
    first, second = (
        partial(
            journal.dispatch, run, "react/close/budget", attempt=n, max_input_tokens=1000,
            closing=True,
        )
        for n in (1, 2)
    )  # fmt: skip
    journal.fail(run, first())
    assert window(budget).held_usd == run.held_usd == held
    hold = second()
    journal.settle(run, hold, fresh=10, output=10)
    assert (window(budget).held_usd, run.held_usd) == (0, 0)
    journal.finish(run)


def test_a_cheaper_model_may_use_it_in_its_own_name() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    journal.begin(run)
    held = window(budget).held_usd
    ask = partial(journal.dispatch, run, "react/close/budget", max_input_tokens=1000, closing=True)
    hold = ask(model="gpt-5-nano")
    assert window(budget).held_usd == held
    journal.fail(run, hold)
    assert ask(attempt=2) == hold
    assert Hold.objects.get(pk=hold).model == MODEL
    journal.fail(run, hold)
    ask(attempt=3, model="gpt-5-nano")
    journal.settle(run, hold, fresh=10, output=10)
    line = LedgerEntry.objects.get(run_id=run.pk)
    assert (line.model, line.amount) == ("gpt-5-nano", journal.cost("gpt-5-nano", 10, 0, 10))


def test_a_dearer_model_gives_it_back_and_asks_at_its_own_price() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    journal.begin(run)
    held = window(budget).held_usd
    ask = partial(journal.dispatch, run, "react/close/budget", max_input_tokens=1000, closing=True)
    hold = ask(model="gpt-4.1")
    assert Hold.objects.get(pk=hold).model == "gpt-4.1"
    assert window(budget).held_usd == run.held_usd > held
    journal.settle(run, hold, fresh=10, output=10)
    assert LedgerEntry.objects.get(run_id=run.pk).model == "gpt-4.1"


def test_a_late_word_of_an_earlier_try_changes_nothing() -> None:
    set_budget(Decimal(1))
    run = running()
    journal.begin(run)
    ask = partial(journal.ask, run, "react/close/budget", max_input_tokens=1000, closing=True)
    hold = ask().hold
    journal.fail(run, hold)
    assert ask(attempt=2).hold == hold
    journal.fail(run, hold, attempt=1)
    assert Hold.objects.get(pk=hold).state == "dispatched"
    journal.settle(run, hold, fresh=10, output=10)
    assert run.cost_usd == journal.cost(MODEL, 10, 0, 10)


def test_a_closing_call_that_outgrew_its_money_asks_as_any_other() -> None:
    budget = set_budget(Decimal(1))
    run = running()
    journal.begin(run, max_input_tokens=1000)
    hold = journal.dispatch(run, "react/close/budget", max_input_tokens=9000, closing=True)
    assert window(budget).held_usd == run.held_usd == journal.cost(MODEL, 9000, 0, 1000)
    journal.settle(run, hold, fresh=9000, output=1000)
    assert window(budget).overrun_usd == 0


def test_a_closing_call_that_outgrew_its_money_is_refused_when_there_is_no_more() -> None:
    budget = set_budget(BOUND)
    run = running()
    journal.begin(run, max_input_tokens=1000)
    answer = journal.ask(run, "react/close/budget", max_input_tokens=9000, closing=True)
    assert answer.outcome == "exhausted"
    assert window(budget).held_usd == run.held_usd == 0


def test_a_closing_call_without_its_money_keeps_its_place() -> None:
    set_budget(BOUND * 2)
    first, second, busy = running(), running(), running()
    hold = journal.dispatch(busy, max_output_tokens=2500)
    for _ in range(2):
        for run in (first, second):
            answer = journal.ask(run, "react/close/budget", closing=True)
            assert answer.outcome == "waiting"
    journal.fail(busy, hold)
    assert journal.ask(first, "react/close/budget", closing=True).outcome == "held"


def test_an_uncapped_model_gets_no_closing_money_either() -> None:
    set_budget(Decimal(1))
    run = running()
    journal.begin(run)
    ModelSafety.objects.create(provider=run.provider, model=MODEL, ignores_cap=True)
    answer = journal.ask(run, "react/close/budget", max_input_tokens=1000, closing=True)
    assert answer.outcome == "uncapped"
    assert run.held_usd == 0


def test_the_closing_call_makes_tickets_of_other_calls_needless() -> None:
    set_budget(BOUND * 2)
    busy, run = running(), running()
    journal.begin(run, max_input_tokens=1000)
    journal.dispatch(busy)
    assert journal.ask(run).outcome == "waiting"
    journal.dispatch(run, "react/close/budget", max_input_tokens=1000, closing=True)
    assert not Hold.objects.filter(state="waiting").exists()


def test_a_run_that_others_money_keeps_from_beginning_waits_in_the_queue() -> None:
    budget = set_budget(BOUND)
    busy = running()
    hold = journal.dispatch(busy)
    run = running()
    assert journal.begin(run) == "queued"
    assert (run.status, run.attempt) == (Status.QUEUED, 1)
    assert journal.start(run).status == Status.QUEUED, "the claim passes it over"
    journal.settle(busy, hold, fresh=10, output=10)
    assert journal.start(run).status == Status.RUNNING
    assert journal.begin(run) == "begun"
    assert window(budget).held_usd == run.held_usd


def test_it_fails_once_settled_money_alone_leaves_no_room() -> None:
    set_budget(BOUND)
    busy = running()
    hold = journal.dispatch(busy)
    run = running()
    journal.begin(run)
    journal.settle(busy, hold, fresh=2000, output=900)
    journal.sweep()
    run.refresh_from_db()
    assert run.status == Status.FAILED
    assert run.error is not None
    assert (run.error["code"], run.error["scope"]) == ("budget_exceeded", "site")


def test_its_own_cap_that_is_too_low_fails_it_with_the_reason() -> None:
    run = running(max_cost_usd=Decimal("0.0001"))
    assert journal.begin(run) == "ended"
    assert run.error is not None
    assert (run.error["code"], run.error["scope"]) == ("budget_exceeded", "run")


def test_its_own_cap_keeps_the_closing_money_back() -> None:
    run = running(max_cost_usd=BOUND * Decimal("1.5"))
    journal.begin(run)
    answer = journal.ask(run)
    assert (answer.outcome, answer.output_tokens < 1000) == ("held", True)
    assert run.held_usd <= BOUND * Decimal("1.5")
    assert journal.ask(run, "react/t2/think").outcome == "waiting"
    journal.settle(run, answer.hold, fresh=2000, output=answer.output_tokens)
    assert journal.ask(run, "react/t2/think").outcome == "exhausted"
    closing = journal.dispatch(run, "react/close/budget", closing=True)
    journal.settle(run, closing, fresh=1000, output=900)
    assert run.cost_usd <= BOUND * Decimal("1.5")
