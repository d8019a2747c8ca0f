"""A run's life in SQL: claims, fences, settlements, take-backs, ends, and the books after each."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing.models import Hold, LedgerEntry
from billing.selectors.audit import ledger_differences
from billing.statements import Statement
from billing.statements import run as execute
from runs import functions
from runs.engine.types import Result, StepStart, ToolStep
from runs.events import RunQueued
from runs.functions import Answer, Outcome
from runs.models import Run, Step, Worker
from runs.states import Status
from tests import journal
from tests.factories import RunFactory, WorkerFactory
from tests.runs.life import die, event_types

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]


def test_a_run_pays_for_what_it_used() -> None:
    run = journal.succeed(RunFactory.create())
    lines = LedgerEntry.objects.filter(run_id=run.pk)
    assert run.status == Status.SUCCEEDED
    assert run.cost_usd == sum(line.amount for line in lines)
    assert run.cost_usd == journal.cost("gpt-4.1-mini", 812 + 1236, 0, 224 + 248)
    assert (run.held_usd, run.llm_calls, run.tool_calls) == (0, 2, 1)
    assert event_types(run)[-1] == "run.finished"


def test_settling_twice_charges_once() -> None:
    run = journal.start(RunFactory.create())
    hold = journal.dispatch(run)
    journal.settle(run, hold)
    events, cost = event_types(run), run.cost_usd
    journal.settle(run, hold)
    assert (event_types(run), run.cost_usd) == (events, cost)
    assert LedgerEntry.objects.count() == 1


def test_holding_the_same_attempt_twice_is_one_hold() -> None:
    run = journal.start(RunFactory.create())
    first = journal.dispatch(run)
    held, events = run.held_usd, event_types(run)
    assert journal.dispatch(run) == first
    assert (run.held_usd, event_types(run)) == (held, events)


def test_an_attempt_that_is_over_is_not_held_again() -> None:
    run = journal.start(RunFactory.create())
    journal.settle(run, journal.dispatch(run))
    events = event_types(run)
    journal.dispatch(run)
    assert (run.held_usd, event_types(run)) == (0, events)
    assert Hold.objects.get().state == Hold.State.SETTLED


def test_a_refused_call_costs_nothing() -> None:
    run = journal.start(RunFactory.create())
    journal.fail(run, journal.dispatch(run))
    assert (run.cost_usd, run.held_usd, LedgerEntry.objects.count()) == (0, 0, 0)
    assert Hold.objects.get().state == Hold.State.RELEASED


def test_a_run_never_ends_before_its_cost_is_known() -> None:
    run = journal.start(RunFactory.create())
    hold = journal.dispatch(run)
    result = Result("succeeded", "x", "final", "completed")
    assert journal.do(functions.finish, run, result=result) == Answer(Outcome.DISPATCHED, [])
    journal.settle(run, hold)
    assert journal.finish(run).status == Status.SUCCEEDED


def test_a_dead_workers_calls_are_in_doubt_and_its_run_is_queued_again() -> None:
    worker = WorkerFactory.create()
    run = journal.start(RunFactory.create(), worker)
    journal.buy(run, "react/t1/think")
    paid = run.cost_usd
    journal.dispatch(run, "react/t2/think")
    bound = run.held_usd
    die(worker)
    journal.sweep()
    run.refresh_from_db()
    assert (run.status, run.attempt, run.epoch) == (Status.QUEUED, 2, 2)
    assert (run.cost_usd, run.in_doubt_usd, run.held_usd) == (paid + bound, bound, 0)
    assert Step.objects.get(key="react/t2/think").status == "in_doubt"
    assert event_types(run)[-1] == "notice"


def test_a_worker_that_is_alive_is_left_alone() -> None:
    run = journal.start(RunFactory.create())
    journal.dispatch(run)
    journal.sweep()
    run.refresh_from_db()
    assert (run.status, run.epoch) == (Status.RUNNING, 1)


def test_exact_usage_that_arrives_late_replaces_the_doubt() -> None:
    worker = WorkerFactory.create()
    run = journal.start(RunFactory.create(), worker)
    hold = journal.dispatch(run)
    stale_epoch = run.epoch
    die(worker)
    journal.sweep()
    journal.start(run)
    run.epoch = stale_epoch
    journal.settle(run, hold, fresh=100, output=50)
    assert run.cost_usd == journal.cost("gpt-4.1-mini", 100, 0, 50)
    assert run.in_doubt_usd == 0
    in_doubt, reversal, exact = LedgerEntry.objects.all()
    assert reversal.reverses == in_doubt
    assert reversal.amount == -in_doubt.amount
    assert exact.confidence == "exact"
    step = Step.objects.get(key="react/t1/think")
    assert step.status == "in_doubt", "a fenced worker's answer is not replayed"
    assert step.cost_usd == exact.amount
    journal.settle(run, hold, fresh=100, output=50)
    assert LedgerEntry.objects.count() == 3


def test_a_late_settlement_after_the_end_leaves_the_end_last() -> None:
    worker = WorkerFactory.create()
    run = journal.start(RunFactory.create(), worker)
    hold = journal.dispatch(run)
    stale_epoch = run.epoch
    die(worker)
    journal.sweep()
    journal.finish(journal.start(run))
    run.epoch = stale_epoch
    journal.settle(run, hold, fresh=100, output=50)
    assert run.cost_usd == journal.cost("gpt-4.1-mini", 100, 0, 50)
    assert event_types(run)[-1] == "run.finished"


def test_a_stale_epoch_writes_no_step_and_no_end() -> None:
    worker = WorkerFactory.create()
    run = journal.start(RunFactory.create(), worker)
    stale: dict[str, Any] = {"run_id": run.pk, "epoch": run.epoch}
    die(worker)
    journal.sweep()
    journal.start(run)
    steps = Step.objects.count()
    call = StepStart("k", 1, "l", "", {}, "gpt-4.1-mini", 1, 1)
    tool = ToolStep("k", 1, "l", "", {})
    bound = journal.bound_of("gpt-4.1-mini", 1, 1)
    event = RunQueued()
    result = Result("succeeded", None, "none", "completed")
    statements: tuple[Statement[Any], ...] = (
        functions.begin(**stale, bound=bound, first_call_usd=Decimal(0)),
        functions.hold_call(**stale, start=call, bound=bound, event=event),
        functions.record_tool(**stale, step=tool, status="started", event=event),
        functions.emit(**stale, event=event),
        functions.tell_recovered(**stale),
        functions.finish(**stale, result=result),
        functions.hand_back(**stale),
        functions.abandon(**stale),
        functions.poison(**stale),
    )
    for statement in statements:
        answer = execute(statement)
        assert (answer.outcome, answer.events) == (Outcome.FENCED, []), statement.text
    run.refresh_from_db()
    assert (run.status, Step.objects.count()) == (Status.RUNNING, steps)


def test_a_cancelled_run_ends_as_cancelled_whatever_it_had_reached() -> None:
    run = journal.start(RunFactory.create())
    assert Run.objects.filter(pk=run.pk).move(Status.CANCELLING) == 1
    assert journal.finish(run, "almost", answer_kind="partial").status == Status.CANCELLED
    assert run.stop_reason == "cancelled"


def test_a_cancelled_run_of_a_dead_worker_ends() -> None:
    worker = WorkerFactory.create()
    run = journal.start(RunFactory.create(), worker)
    journal.dispatch(run)
    Run.objects.filter(pk=run.pk).move(Status.CANCELLING)
    die(worker)
    journal.sweep()
    run.refresh_from_db()
    assert (run.status, run.cost_usd) == (Status.CANCELLED, run.in_doubt_usd)


def test_a_hand_back_uses_up_no_attempt() -> None:
    run = journal.start(RunFactory.create())
    journal.buy(run)
    assert journal.do(functions.hand_back, run).outcome == "queued"
    run.refresh_from_db()
    assert (run.status, run.attempt, run.worker) == (Status.QUEUED, 1, None)


def test_a_queued_run_past_its_deadline_fails() -> None:
    run = RunFactory.create(deadline_at=timezone.now() - timedelta(seconds=1))
    journal.start(RunFactory.create())
    journal.sweep()
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (Status.FAILED, "deadline")
    assert event_types(run) == ["run.queued", "run.finished"]


def test_a_worker_without_a_lease_claims_nothing() -> None:
    worker = WorkerFactory.create()
    die(worker)
    assert journal.start(RunFactory.create(), worker).status == Status.QUEUED


def test_only_the_states_before_may_move() -> None:
    run = journal.succeed(RunFactory.create())
    for status in Status:
        assert Run.objects.filter(pk=run.pk).move(status) == 0


@pytest.mark.parametrize("change", ["update", "delete"])
def test_a_ledger_line_is_never_changed(change: str) -> None:
    journal.succeed(RunFactory.create())
    lines = LedgerEntry.objects.all()
    actions: dict[str, Callable[[], Any]] = {
        "update": lambda: lines.update(amount=Decimal(0)),
        "delete": lambda: lines.delete(),
    }
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        actions[change]()


def test_the_books_show_a_difference() -> None:
    run = journal.succeed(RunFactory.create())
    cost = run.cost_usd
    Run.objects.filter(pk=run.pk).update(cost_usd=cost + Decimal("0.000000000001"))
    (difference,) = ledger_differences()
    assert (difference.what, difference.which) == ("Cost of run", str(run.pk))
    Run.objects.filter(pk=run.pk).update(cost_usd=cost)


@pytest.mark.django_db(transaction=True)
def test_two_workers_claim_one_run_and_one_wins() -> None:
    runs = [RunFactory.create() for _ in range(20)]
    workers = [WorkerFactory.create() for _ in range(2)]
    barrier = threading.Barrier(2)

    def claim(worker: Worker) -> list[Any]:
        claimed: list[Any] = []
        try:
            for _ in runs:
                barrier.wait(timeout=90)
                statement = functions.claim(worker_id=worker.pk, limit=1, user_cap=1000)
                claimed += [run.run_id for run in execute(statement)]
        finally:
            connection.close()
        return claimed

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(claim, workers)
    assert sorted(first + second) == sorted(run.pk for run in runs)
    assert set(Run.objects.values_list("epoch", flat=True)) == {1}
