"""Cancelling: at once in the queue, by the worker when it runs, never after the end."""

import pytest

from runs.errors import RunEnded
from runs.models import Run, RunEvent
from runs.services import cancel_run
from runs.states import Status
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


def test_a_queued_run_ends_at_once() -> None:
    run = cancel_run(run=RunFactory.create())
    assert (run.status, run.stop_reason) == (Status.CANCELLED, "cancelled")
    assert run.finished_at is not None
    assert RunEvent.objects.filter(run=run).latest("seq").type == "run.finished"


def test_a_running_run_is_asked_to_end_and_asking_twice_is_the_same() -> None:
    run: Run = journal.start(RunFactory.create())
    for _ in range(2):
        assert cancel_run(run=run).status == Status.CANCELLING
    journal.finish(run)
    assert run.status == Status.CANCELLED


def test_cancelling_a_cancelled_run_is_the_same() -> None:
    run = cancel_run(run=RunFactory.create())
    events = RunEvent.objects.filter(run=run).count()
    assert cancel_run(run=run).status == Status.CANCELLED
    assert RunEvent.objects.filter(run=run).count() == events


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_an_ended_run_can_not_be_cancelled(status: str) -> None:
    run = journal.finish(journal.start(RunFactory.create()), status=status)
    with pytest.raises(RunEnded, match=status):
        cancel_run(run=run)


def test_a_cancelled_queued_run_is_never_claimed() -> None:
    run = cancel_run(run=RunFactory.create())
    assert journal.start(run).status == Status.CANCELLED
