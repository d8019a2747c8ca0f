"""Under a hard limit, a model not known to keep its output cap is tried one call at a time."""

from decimal import Decimal

import pytest
from django.db import connection

from billing.models import Hold, ModelSafety
from billing.pricing import price_of
from runs.models import Run
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.money import MODEL, running
from tests.providers import openai
from tests.race import race

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("books_agree"),
]


def real(**options: object) -> Run:
    """A run whose dollars are real; the simulator keeps every cap."""
    return running(simulated=False, provider="openai", **options)


def known() -> tuple[bool, bool]:
    row = ModelSafety.objects.get(provider="openai", model=MODEL)
    return row.keeps_cap, row.ignores_cap


def end(run: Run) -> None:
    for hold in Hold.objects.filter(run_id=run.pk, state="dispatched"):
        journal.fail(run, hold.pk)
    journal.finish(run)


class TestProbing:
    """Nothing is known of the model yet."""

    def test_a_second_call_waits_until_the_first_has_shown_its_cap(self):
        set_budget(10)
        first, second = real(), real()
        hold = journal.dispatch(first)
        assert journal.ask(second).outcome == "probing"
        assert journal.ask(first, "react/t1/other").outcome == "probing"

        journal.settle(first, hold, output=1000, ended=True)

        assert known() == (True, False)
        assert journal.ask(second).outcome == "held"
        assert journal.ask(first, "react/t1/other").outcome == "held"
        end(first)
        end(second)

    def test_two_that_ask_at_once_are_not_both_sent(self):
        set_budget(10)
        first, second = real(), real()
        assert race(lambda: journal.ask(first), lambda: journal.ask(second)).outcome == "probing"
        end(first)
        assert journal.ask(second).outcome == "held"
        end(second)

    def test_a_call_that_shows_nothing_lets_the_next_one_try(self):
        set_budget(10)
        first, second = real(), real()
        journal.fail(first, journal.dispatch(first))
        assert journal.ask(second).outcome == "held"
        assert journal.ask(first, attempt=2).outcome == "probing"
        end(second)
        end(first)

    def test_a_dead_workers_call_keeps_nobody_waiting(self):
        set_budget(10)
        first, second = real(), real()
        journal.dispatch(first)
        assert journal.ask(second).outcome == "probing"
        journal.lose_worker(first)
        assert journal.ask(second).outcome == "held"
        end(second)

    def test_nobody_waits_for_a_limit_that_is_not_his(self, alice, bob):
        for user in (alice, bob):
            set_budget(10, scope="user", user=user)
        first, second = real(owner=alice), real(owner=bob)
        journal.dispatch(first)
        assert journal.ask(second).outcome == "held"
        end(first)
        end(second)

    def test_without_a_hard_limit_nobody_waits(self):
        set_budget(10, hard=False)
        first, second = real(), real()
        journal.dispatch(first)
        assert journal.ask(second).outcome == "held"
        end(first)
        end(second)

    def test_a_runs_own_limit_is_a_hard_one(self):
        run = real(max_cost_usd=Decimal(1))
        journal.dispatch(run)
        assert journal.ask(run, "react/t1/other").outcome == "probing"
        end(run)

    def test_a_closing_call_waits_too_and_keeps_its_money(self):
        set_budget(10)
        first, second = real(), real()
        assert journal.begin(second, max_input_tokens=2000) == "begun"
        held = second.held_usd
        hold = journal.dispatch(first)
        key = "react/close/deadline"
        assert journal.ask(second, key, closing=True).outcome == "probing"
        assert second.held_usd == held > 0
        journal.settle(first, hold, output=10, ended=True)
        assert journal.ask(second, key, closing=True).outcome == "held"
        end(first)
        end(second)

    def test_the_simulator_needs_no_proof(self):
        set_budget(10)
        first, second = running(), running()
        journal.dispatch(first)
        assert journal.ask(second).outcome == "held"
        end(first)
        end(second)


class TestPastCap:
    """The model wrote more than it was allowed to."""

    def test_a_cut_answer_marks_the_model_at_once_although_it_is_only_estimated(self):
        set_budget(10)
        first, second = real(), real()
        hold = journal.dispatch(first)
        assert journal.ask(second).outcome == "probing"
        journal.settle(first, hold, fresh=5, output=1400, confidence="estimated", past_cap=True)
        assert first.cost_usd < Hold.objects.get(pk=hold).amount
        assert known() == (False, True)
        assert journal.ask(second).outcome == "uncapped"
        assert journal.ask(first, "react/t2/think").outcome == "uncapped"
        end(first)
        end(second)

    def test_a_count_past_the_cap_marks_it_although_it_fits_the_hold(self):
        run = real()
        hold = journal.dispatch(run)
        journal.settle(run, hold, fresh=5, output=1200, safety="1", ended=True)
        assert run.cost_usd < Hold.objects.get(pk=hold).amount
        assert known() == (False, True)
        end(run)

    def test_a_model_that_was_known_to_keep_its_cap_is_marked_too(self, settings):
        settings.SIMULATED, settings.PROVIDERS = False, openai()
        run = real()
        journal.settle(run, journal.dispatch(run), output=10, ended=True)
        journal.settle(run, journal.dispatch(run, "react/t2/think"), output=9000, past_cap=True)
        prices = price_of(MODEL)
        assert prices is not None
        assert (prices.keeps_cap, prices.ignores_cap) == (False, True)
        end(run)

    def test_staff_lift_it_and_the_model_is_tried_again(self):
        set_budget(10)
        first, second = real(), real()
        journal.settle(first, journal.dispatch(first), output=9000, past_cap=True)
        ModelSafety.objects.update(ignores_cap=False)
        assert journal.ask(second).outcome == "held"
        assert journal.ask(first, "react/t2/think").outcome == "probing"
        end(second)
        end(first)


def test_what_was_paid_for_before_the_upgrade_is_known_to_keep_its_cap():
    from importlib import import_module

    migration = import_module("billing.migrations.0004_known_caps")
    fair, greedy = real(), RunFactory.create(simulated=False, provider="openai")
    journal.start(greedy)
    journal.settle(fair, journal.dispatch(fair), output=1000)
    journal.settle(greedy, journal.dispatch(greedy, model="gpt-4.1"), output=1001)
    with connection.cursor() as cursor:
        cursor.execute(migration.KNOWN)
    assert known() == (True, False)
    assert not ModelSafety.objects.filter(model="gpt-4.1").exists()
    end(fair)
    end(greedy)
