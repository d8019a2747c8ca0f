"""Runs that wait for a person, on a real site: nothing is lost, bought or made twice."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache

from billing.models import Hold
from billing.services import change_budget
from runs.engine.tools.registry import TOOLS
from runs.models import Run
from runs.states import AnswerKind, Status
from tests.factories import set_budget
from tests.flows.provider_bill import assert_books_are_the_providers
from tests.flows.writing_tool import NOTE, Notes
from tests.proxy import PostgresWire, Proxy, When
from tests.stack import Stack, kill_now, wait_for

# Its two calls bill 800 hidden tokens each. At its cap, only one fits beside the closing call.
TASK = "What is 17 % of 2,340, minus 58? [sim: reasoning=800]"
LIMIT = Decimal("0.0148")
TERMS = {"tools": ["calculator"], "when_out_of_money": "ask"}
SEND = "Tell Bob that it is done. [sim: loop on=1]"


@pytest.fixture
def waits() -> Callable[..., Run]:
    """Wait until the run waits for a person."""

    def waits(run: Run, status: Status = Status.AWAITING_FUNDS) -> Run:
        def read() -> bool:
            run.refresh_from_db()
            assert not run.ended, (run.error, run.stop_reason, run.cost_usd)
            return run.status == status

        wait_for(read)
        return run

    return waits


def test_it_waits_for_money_and_then_buys_the_rest(
    stack: Stack, worker, submit, waits, ended, api
) -> None:
    run = waits(submit(TASK, **TERMS, max_cost_usd=str(LIMIT)))
    assert (run.llm_calls, run.awaiting["scope"], run.held_usd) == (1, "run", 0)
    assert len(stack.provider_ledger(run.task)) == 1
    cache.clear()
    short = run.awaiting["short_usd"]
    assert (
        api.post(f"/api/v1/runs/{run.pk}/fund/", {"add_usd": short}, format="json").status_code
        == 202
    )
    ended(run)
    assert (run.status, run.answer_kind) == (Status.SUCCEEDED, AnswerKind.FINAL), run.error
    assert "339.8" in run.answer
    assert run.cost_usd <= run.max_cost_usd == LIMIT + Decimal(short)
    assert len(stack.provider_ledger(run.task)) == 2
    assert_books_are_the_providers(run, stack)


def test_it_goes_on_by_itself_when_staff_raise_the_budget(
    stack: Stack, worker, submit, waits, ended, owner
) -> None:
    budget = set_budget(LIMIT, scope="user", user=owner)
    run = waits(submit(TASK, **TERMS))
    assert run.awaiting["scope"] == "user"
    change_budget(budget=budget, limit_usd=Decimal(1))
    ended(run)
    assert (run.status, run.answer_kind) == (Status.SUCCEEDED, AnswerKind.FINAL), run.error
    assert_books_are_the_providers(run, stack)


def test_it_is_cancelled_while_it_waits(stack: Stack, worker, submit, waits, api) -> None:
    run = waits(submit(TASK, **TERMS, max_cost_usd=str(LIMIT)))
    assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 202
    run.refresh_from_db()
    assert run.status == Status.CANCELLED
    assert (
        api.post(f"/api/v1/runs/{run.pk}/fund/", {"add_usd": "1"}, format="json").status_code == 409
    )
    assert_books_are_the_providers(run, stack)


def test_at_its_deadline_it_answers_from_what_it_has(
    stack: Stack, worker, submit, waits, ended
) -> None:
    run = submit(TASK, **TERMS, max_cost_usd=str(LIMIT), deadline_s=6)
    ended(waits(run))
    assert (run.status, run.stop_reason) == (Status.SUCCEEDED, "deadline"), run.error
    assert run.answer
    assert run.cost_usd <= LIMIT
    assert_books_are_the_providers(run, stack)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_as_it_pauses_loses_nothing(
    stack: Stack, no_worker, submit, waits, ended, api, when: When
) -> None:
    postgres = Proxy(stack.env["DATABASE_URL"], PostgresWire)
    victim = stack.start_worker(f"victim-{when}", DATABASE_URL=postgres.url)
    killed = postgres.set("pause", when, lambda: kill_now(victim))
    run = submit(TASK, **TERMS, max_cost_usd=str(LIMIT))
    assert killed.sprung.wait(60)
    heir = stack.start_worker(f"heir-{when}")
    waits(run)
    answer = api.post(f"/api/v1/runs/{run.pk}/fund/", {"add_usd": "1"}, format="json").status_code
    assert answer == 202
    ended(run)
    stack.stop(heir)
    postgres.close()
    assert (run.status, run.in_doubt_usd) == (Status.SUCCEEDED, 0)
    assert len(stack.provider_ledger(run.task)) == 2
    assert_books_are_the_providers(run, stack)


@pytest.fixture
def notes(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Notes:
    """A tool that sends notes, which this process offers and workers have."""
    monkeypatch.setitem(TOOLS, NOTE.name, NOTE)
    return Notes.installed(tmp_path / "site")


def approve(api: Any, run: Run, **body: Any) -> None:
    (step,) = run.awaiting["steps"]
    told = {"step": step["key"], "attempt": step["attempt"], "approved": True, **body}
    answer = api.post(f"/api/v1/runs/{run.pk}/approve/", told, format="json")
    assert answer.status_code == 202, answer.content


def test_a_note_is_sent_once_it_is_approved(
    stack: Stack, no_worker, notes: Notes, submit, waits, ended, api
) -> None:
    worker = stack.start_worker("notes", **notes.env)
    run = waits(submit(SEND, tools=[NOTE.name]), Status.AWAITING_APPROVAL)
    (step,) = run.awaiting["steps"]
    assert (notes.sent, run.held_usd) == ([], 0)
    approve(api, run)
    ended(run)
    assert (run.status, notes.sent) == (Status.SUCCEEDED, [step["effect_id"]])
    assert_books_are_the_providers(run, stack)

    other = waits(submit(SEND, tools=[NOTE.name]), Status.AWAITING_APPROVAL)
    approve(api, other, approved=False, comment="not now")
    ended(other)
    stack.stop(worker)
    assert (other.status, len(notes.sent)) == (Status.SUCCEEDED, 1)
    told = other.steps.get(kind="tool")
    assert told.response["text"] == "Declined by the owner: not now"


def test_a_worker_killed_while_it_sends_asks_what_became_of_it(
    stack: Stack, no_worker, notes: Notes, submit, waits, ended, api
) -> None:
    victim = stack.start_worker("sender", **notes.env, NOTE_TAKES_S="30")
    run = waits(submit(SEND, tools=[NOTE.name]), Status.AWAITING_APPROVAL)
    approve(api, run)
    wait_for(lambda: notes.sent)
    kill_now(victim)
    heir = stack.start_worker("heir-sender", **notes.env)
    waits(run, Status.AWAITING_APPROVAL)
    (step,) = run.awaiting["steps"]
    assert (step["reason"], step["effect_id"], step["attempt"]) == (
        "outcome_unknown",
        notes.sent[0],
        2,
    )
    approve(api, run, approved=False, took_effect=True)
    ended(run)
    stack.stop(heir)
    assert (run.status, len(notes.sent)) == (Status.SUCCEEDED, 1)
    assert not Hold.objects.filter(run_id=run.pk, state__in=["held", "dispatched"]).exists()
