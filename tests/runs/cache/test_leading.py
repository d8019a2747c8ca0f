"""Which of equal runs that execute buys the answer, and for whom it is vain to wait."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing.statements import run as execute
from runs import functions
from runs.cache.answers import KeptAnswer
from runs.cache.leading import lead, standing, take
from runs.models import Run
from runs.services import cancel_run
from tests import journal

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(submit):
    """So many equal runs that execute, oldest first."""

    def started(count: int) -> list[Run]:
        runs = [submit() for _ in range(count)]
        # Within a test's transaction the database's clock stands still.
        Run.objects.update(created_at=timezone.now() - timedelta(seconds=1))
        return [journal.start(run) for run in runs]

    return started


def leads(run: Run) -> bool:
    return execute(lead(run_id=run.pk, epoch=run.epoch))


def ahead(run: Run) -> UUID | None:
    return execute(standing(run_id=run.pk)).ahead


def vain(run: Run) -> bool:
    return execute(standing(run_id=run.pk)).vain


def test_the_oldest_leads(started) -> None:
    first, second, third = started(3)
    assert [leads(run) for run in (third, second, first)] == [False, False, True]
    assert (ahead(first), ahead(second), ahead(third)) == (None, first.pk, first.pk)


def test_asking_twice_is_the_same(started) -> None:
    (run,) = started(1)
    assert (leads(run), leads(run)) == (True, True)


def test_who_leads_goes_on_when_an_older_one_comes_back(started) -> None:
    older, leader = started(2)
    journal.do(functions.hand_back, older)
    assert leads(leader)

    journal.start(older)
    assert not leads(older)
    assert ahead(older) == leader.pk


def test_the_database_lets_one_lead(started) -> None:
    first, second = started(2)
    assert leads(first)
    with pytest.raises(IntegrityError, match="run_leader"), transaction.atomic():
        Run.objects.filter(pk=second.pk).update(leads_epoch=second.epoch)


def test_a_run_that_goes_back_to_the_queue_leads_no_more(started) -> None:
    first, second = started(2)
    assert leads(first)
    journal.do(functions.hand_back, first)
    assert leads(second)
    journal.start(first)
    assert not leads(first)


def test_a_dead_worker_s_run_leads_no_more(submit) -> None:
    first = journal.start(submit())
    second = journal.start(submit())
    assert leads(first)
    journal.lose_worker(first)
    assert leads(second)


def test_a_cancelled_run_leads_no_more_and_shows_nothing(started) -> None:
    first, second = started(2)
    assert leads(first)
    cancel_run(run=first)
    assert leads(second)
    assert not vain(second)


def test_an_older_epoch_leads_nothing(started) -> None:
    (run,) = started(1)
    assert not execute(lead(run_id=run.pk, epoch=run.epoch - 1))


def test_runs_of_others_and_other_tasks_are_nothing_to_wait_for(submit, bob) -> None:
    runs = [submit(), submit(owner=bob), submit("Another task"), submit(cache="off")]
    for run in runs[:3]:
        assert leads(journal.start(run))
    assert [ahead(run) for run in runs] == [None] * 4


def test_it_is_vain_to_wait_after_a_failure(started) -> None:
    first, second, third = started(3)
    assert not vain(second)
    journal.finish(first, None, status="failed", error={"code": "refused", "message": "No."})
    assert (vain(second), vain(third)) == (True, True)


def test_it_is_vain_to_wait_after_an_answer_that_is_not_kept(started) -> None:
    first, second = started(2)
    journal.finish(first, answer_kind="best_effort", stop_reason="budget")
    assert vain(second)


def test_what_ended_before_a_submit_makes_nothing_vain(started, submit) -> None:
    (first,) = started(1)
    journal.finish(first, answer_kind="best_effort", stop_reason="budget")
    moment = timezone.now() - timedelta(minutes=1)
    Run.objects.filter(pk=first.pk).update(finished_at=moment)
    assert not vain(journal.start(submit()))


def test_it_is_vain_to_wait_for_who_uses_a_tool_that_changes(started) -> None:
    first, second = started(2)
    journal.use_tool(first)
    assert not vain(second)
    journal.use_tool(first, "react/t2/tool/1", tool="current_time")
    assert vain(second)
    assert not vain(first)


def take_from(payer: Run, run: Run) -> None:
    kept = KeptAnswer(payer.pk, "42", "final", (), (), Decimal(1))
    statement = take(run_id=run.pk, epoch=run.epoch, kept=kept)
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
    run.refresh_from_db()


def test_what_both_were_warned_of_is_said_once(started) -> None:
    payer, other = started(2)
    Run.objects.filter(pk=other.pk).update(warnings=["It ends soon.", "Cut.", "It ends soon."])
    take_from(payer, other)
    assert (other.cache_hit, other.warnings) == (True, ["It ends soon.", "Cut."])

    Run.objects.filter(pk=other.pk).update(warnings=[])
    take_from(payer, other)
    assert other.warnings == []
