"""Runs whose workers die: suspects after two deaths, poisoned only by their own process's."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from billing.statements import run as execute
from runs import functions
from runs.functions import Answer, Outcome
from runs.models import Run, Worker
from runs.states import Status
from tests import journal
from tests.factories import RunFactory, WorkerFactory
from tests.runs.life import die, event_types

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]


def lose(run: Run, times: int = 1) -> None:
    for _ in range(times):
        worker = WorkerFactory.create()
        journal.start(run, worker)
        die(worker)
        journal.sweep()
        run.refresh_from_db()


def claimed(worker: Worker, limit: int = 100) -> dict[Any, bool]:
    statement = functions.claim(worker_id=worker.pk, limit=limit, user_cap=1000)
    return {claimed.run_id: claimed.suspect for claimed in execute(statement)}


def test_after_two_deaths_a_run_is_a_suspect_and_no_death_of_a_worker_fails_it() -> None:
    run = RunFactory.create()
    lose(run)
    assert claimed(WorkerFactory.create()) == {run.pk: False}
    run = RunFactory.create()
    lose(run, 2)
    assert claimed(WorkerFactory.create()) == {run.pk: True}
    run = RunFactory.create()
    lose(run, 7)
    assert (run.status, run.attempt, run.error) == (Status.QUEUED, 8, None)


def test_a_run_whose_workers_always_die_ends_at_its_deadline() -> None:
    run = RunFactory.create()
    lose(run, 3)
    Run.objects.filter(pk=run.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    lose(run)
    assert (run.status, run.stop_reason) == (Status.FAILED, "deadline")


def test_a_worker_has_four_suspects_at_a_time() -> None:
    suspects = RunFactory.create_batch(6, attempt=3)
    other = RunFactory.create()
    worker, second = WorkerFactory.create(), WorkerFactory.create()
    first = claimed(worker)
    assert first == {run.pk: True for run in suspects[:4]} | {other.pk: False}
    suspects[0].refresh_from_db()
    journal.finish(suspects[0])
    assert claimed(worker) == {suspects[4].pk: True}
    assert claimed(second) == {suspects[5].pk: True}


@pytest.mark.django_db(transaction=True)
def test_its_process_shows_life_and_ends_with_0_while_its_worker_still_listens(
    child_env: dict[str, str], tmp_path: Path
) -> None:
    run = journal.start(RunFactory.create(attempt=3))
    gone = str(run.epoch - 1)
    arguments = [sys.executable, "-m", "runs.executor.isolated", str(run.pk), gone]
    signs, log = tmp_path / "signs", tmp_path / "log"
    with signs.open("wb") as out, log.open("wb") as err:
        child = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=out, stderr=err, env=child_env
        )
    try:
        assert child.wait(200) == 0, log.read_text()
    finally:
        child.kill()
        child.communicate()
    assert signs.read_bytes().startswith(b".")
    assert "belongs to another worker" in log.read_text()


def test_a_poisoned_run_pays_for_its_call_in_flight_and_fails() -> None:
    run = journal.start(RunFactory.create(attempt=3))
    journal.begin(run)
    journal.buy(run)
    paid = run.cost_usd
    journal.dispatch(run, "react/t2/think")
    assert journal.do(functions.poison, run).outcome == "ended"
    run.refresh_from_db()
    assert (run.status, run.error and run.error["code"]) == (Status.FAILED, "poisoned")
    assert (run.cost_usd, run.held_usd) == (paid + run.in_doubt_usd, 0)
    assert run.in_doubt_usd > 0
    assert event_types(run)[-1] == "run.finished"
    assert journal.do(functions.poison, run) == Answer(Outcome.FENCED, [])


def test_a_suspect_that_no_process_can_execute_fails() -> None:
    run = journal.start(RunFactory.create(attempt=3))
    journal.dispatch(run)
    assert journal.do(functions.abandon, run).outcome == "ended"
    run.refresh_from_db()
    assert (run.status, run.error and run.error["code"]) == (Status.FAILED, "internal")
    assert run.held_usd == 0 < run.in_doubt_usd == run.cost_usd


def test_a_cancelled_suspect_whose_process_died_is_cancelled() -> None:
    run = journal.start(RunFactory.create(attempt=3))
    Run.objects.filter(pk=run.pk).move(Status.CANCELLING)
    assert journal.do(functions.poison, run).outcome == "ended"
    run.refresh_from_db()
    assert (run.status, run.error) == (Status.CANCELLED, None)
