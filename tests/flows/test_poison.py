"""A run whose workers die executes alone, and only its own process's death is held against it."""

import os
import signal
import subprocess
from collections.abc import Callable

import pytest
from django.db import transaction

from runs.models import Run, RunEvent, Step
from runs.states import Status
from tests.flows.live import Viewer
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.forkserver.client import Process
from tests.pace import limit, seconds_of
from tests.stack import Stack, kill_now, wait_for

SLOW = "Describe a lighthouse. [sim: chunks=400 rate=20]"
ENDLESS = "Describe a lighthouse. [sim: chunks=400 rate=2]"


def alone(run: Run) -> int | None:
    """The process that executes nothing but this run."""
    listed = subprocess.run(
        ["ps", "-ewwo", "pid=,stat=,args="], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for line in listed.splitlines():
        pid, state, arguments = line.split(None, 2)
        if f"runs.executor.isolated {run.pk}" in arguments and not state.startswith("Z"):
            return int(pid)
    return None


def streams(run: Run, attempt: int) -> bool:
    """The run's call of this attempt has begun."""
    run.refresh_from_db()
    return run.attempt == attempt and Step.objects.filter(run=run, status="started").exists()


@pytest.fixture
def suspect(submit) -> Callable[..., Run]:
    """Submit a run that is, from the first moment on, as two dead workers leave it."""

    def suspect(task: str, **body: object) -> Run:
        with transaction.atomic():
            run: Run = submit(task, **body)
            assert Run.objects.filter(pk=run.pk, status="queued").update(attempt=3) == 1
        return run

    return suspect


def codes(run: Run) -> list[str]:
    return [notice.data["code"] for notice in RunEvent.objects.filter(run=run, type="notice")]


def test_the_third_death_poisons_the_killer_and_blames_no_neighbour(
    stack: Stack, no_worker, submit, ended
) -> None:
    killer, neighbour = submit(SLOW, tools=[]), submit(SLOW, tools=[])
    for attempt in (1, 2):
        victim = stack.start_worker(f"victim{attempt}")
        wait_for(lambda: streams(killer, attempt) and streams(neighbour, attempt))  # noqa: B023
        assert alone(killer) is None
        kill_now(victim)
    last = stack.start_worker("last")
    wait_for(lambda: streams(killer, 3) and streams(neighbour, 3))
    pid = alone(killer)
    assert pid is not None
    assert pid not in (alone(neighbour), last.pid)
    os.kill(pid, signal.SIGKILL)
    ended(killer)
    ended(neighbour)
    assert last.poll() is None
    stack.stop(last)

    assert (killer.status, killer.attempt, killer.held_usd) == (Status.FAILED, 3, 0)
    assert killer.error["code"] == "poisoned"
    assert killer.cost_usd == killer.in_doubt_usd > 0
    assert (neighbour.status, neighbour.attempt) == (Status.SUCCEEDED, 3)
    assert codes(neighbour) == ["worker_lost", "worker_lost"]
    for run in (killer, neighbour):
        assert_never_below_the_provider(run, stack.provider_ledger(run.task))


def test_a_suspect_survives_its_workers_death_and_its_old_process_does_not(
    stack: Stack, no_worker, suspect, ended
) -> None:
    run = suspect("Describe a lighthouse. [sim: chunks=60 rate=10]", tools=[])
    first = stack.start_worker("unlucky")
    wait_for(lambda: streams(run, 3))
    orphan = alone(run)
    kill_now(first)
    wait_for(lambda: alone(run) != orphan)
    second = stack.start_worker("lucky")
    ended(run)
    stack.stop(second)
    assert (run.status, run.attempt) == (Status.SUCCEEDED, 4)
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))


def test_a_process_that_dies_before_it_began_proves_nothing(
    worker: Process, suspect, ended
) -> None:
    run = suspect("What is 6 times 7?")
    pid = wait_for(lambda: alone(run))
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    ended(run)
    assert (run.status, run.attempt, run.in_doubt_usd) == (Status.SUCCEEDED, 3, 0)
    assert codes(run) == ["handed_back"]


def test_a_stopped_worker_hands_a_suspect_back(stack: Stack, no_worker, suspect) -> None:
    run = suspect(SLOW, tools=[])
    worker = stack.start_worker("polite_parent")
    wait_for(lambda: streams(run, 3))
    assert stack.stop(worker) == 0
    run.refresh_from_db()
    assert (run.status, run.attempt) == (Status.QUEUED, 3)
    assert run.in_doubt_usd == 0
    assert alone(run) is None


def test_a_suspect_is_watched_and_cancelled_like_any_run(
    stack: Stack, worker: Process, submit, suspect, ended, api, key: str
) -> None:
    run = suspect(ENDLESS, tools=[])
    any_run = submit(ENDLESS, tools=[])

    def cancel(run: Run, viewer: Viewer) -> None:
        assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 202
        viewer.until("run.finished")

    with (
        Viewer(stack.web_url, any_run.pk, key) as any_viewer,
        Viewer(stack.web_url, run.pk, key) as viewer,
    ):
        for one in (any_viewer, viewer):
            one.until("text.delta", "text.snapshot")
        usual_s = seconds_of(lambda: cancel(any_run, any_viewer))
        assert seconds_of(lambda: cancel(run, viewer)) < limit(1, usual_s)
    ended(run)
    assert (run.status, run.answer_kind) == (Status.CANCELLED, "partial")
    assert run.estimated_usd == run.cost_usd > 0


def test_a_suspect_that_hangs_is_ended(worker: Process, suspect, ended) -> None:
    run = suspect(SLOW, tools=[])
    wait_for(lambda: streams(run, 3))
    pid = alone(run)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    ended(run)
    assert (run.status, run.error["code"]) == (Status.FAILED, "poisoned")
