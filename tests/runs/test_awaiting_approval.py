"""A tool call that changes something waits for its owner's word, which counts once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import Hold
from runs.errors import InvalidSubmission, NotWaiting
from runs.models import Run
from runs.services import Verdict, cancel_run, decide_call
from runs.states import AnswerKind, Status, StepStatus
from tests import journal
from tests.factories import RunFactory, WorkerFactory
from tests.race import race
from tests.runs.life import claim

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]

FIRST, SECOND = "react/t1/tool/1", "react/t1/tool/2"


def asking(*keys: str) -> Run:
    """A run that has bought a call and asks about these."""
    run = journal.start(RunFactory.create(max_cost_usd=Decimal(1)))
    journal.begin(run)
    journal.buy(run)
    for key in keys or (FIRST,):
        journal.ask_for_tool(run, key)
    assert journal.pause(run, partial="So far: 6.") == "paused"
    return run


def test_it_waits_without_a_worker_and_a_hold() -> None:
    run = asking(FIRST, SECOND)
    assert (run.status, run.worker, run.held_usd) == (Status.AWAITING_APPROVAL, None, 0)
    assert not Hold.objects.filter(run_id=run.pk, state="held").exists()
    assert claim(WorkerFactory.create(), 9) == []
    assert [step["key"] for step in run.awaiting["steps"]] == [FIRST, SECOND]
    assert run.awaiting["steps"][0]["arguments"] == '{"to": "bob@example.org"}'
    assert run.awaiting["message"] == "2 tool calls wait for your word."


def test_it_goes_on_once_all_is_decided() -> None:
    run = asking(FIRST, SECOND)
    decide_call(run=run, step=SECOND, verdict="declined", comment=" no ")
    assert run.status == Status.AWAITING_APPROVAL
    assert [step["key"] for step in run.awaiting["steps"]] == [FIRST]
    decide_call(run=run, step=FIRST, verdict="approved")
    assert (run.status, run.awaiting) == (Status.QUEUED, None)
    said = {step.key: step.decision for step in run.steps.filter(status=StepStatus.ASKED)}
    assert said == {
        FIRST: {"verdict": "approved", "comment": ""},
        SECOND: {"verdict": "declined", "comment": "no"},
    }
    assert claim(WorkerFactory.create(), 9) == [run.pk]


def test_a_word_counts_once_and_is_not_taken_back() -> None:
    run = asking(FIRST, SECOND)
    for _ in range(2):
        decide_call(run=run, step=FIRST, verdict="approved")
    assert run.events.filter(type="tool.decided").count() == 1
    with pytest.raises(NotWaiting):
        decide_call(run=run, step=FIRST, verdict="declined")


@pytest.mark.django_db(transaction=True)
def test_of_two_words_at_once_the_first_counts() -> None:
    run = asking()
    other = Run.objects.get(pk=run.pk)

    def decline() -> str:
        try:
            decide_call(run=other, step=FIRST, verdict="declined")
        except NotWaiting:
            return "refused"
        return "declined"

    first = race(lambda: decide_call(run=run, step=FIRST, verdict="approved"), decline)
    assert first == "refused"
    assert run.steps.get(key=FIRST).decision == {"verdict": "approved", "comment": ""}


@pytest.mark.parametrize(
    ("step", "verdict"), [("react/t9/tool/1", "approved"), (FIRST, "took_effect")]
)
def test_what_was_not_asked_has_no_answer(step: str, verdict: Verdict) -> None:
    with pytest.raises(InvalidSubmission):
        decide_call(run=asking(), step=step, verdict=verdict)


def test_while_it_executes_no_word_is_taken() -> None:
    run = journal.start(RunFactory.create())
    journal.ask_for_tool(run)
    with pytest.raises(NotWaiting):
        decide_call(run=run, step=FIRST, verdict="approved")


def test_a_late_word_is_none_on_a_later_question() -> None:
    run = asking()
    decide_call(run=run, step=FIRST, verdict="approved")
    claim(WorkerFactory.create(), 9)
    run.refresh_from_db()
    journal.ask_for_tool(run, FIRST, attempt=2, reason="outcome_unknown")
    journal.pause(run)
    decide_call(run=run, step=FIRST, verdict="approved")
    assert run.status == Status.AWAITING_APPROVAL
    decide_call(run=run, step=FIRST, verdict="took_effect", attempt=2)
    assert run.status == Status.QUEUED


def test_it_is_cancelled_with_what_it_had() -> None:
    run = asking()
    cancel_run(run=run)
    assert (run.status, run.answer) == (Status.CANCELLED, "So far: 6.")
    assert run.answer_kind == AnswerKind.PARTIAL


def test_at_its_deadline_it_goes_on_to_conclude() -> None:
    run = asking()
    Run.objects.filter(pk=run.pk).update(deadline_at=timezone.now() - timedelta(hours=1))
    journal.sweep()
    run.refresh_from_db()
    assert run.status == Status.QUEUED
    assert claim(WorkerFactory.create(), 9) == [run.pk]


def test_a_worker_that_died_after_asking_asks_no_second_time() -> None:
    run = journal.start(RunFactory.create())
    journal.ask_for_tool(run)
    journal.lose_worker(run)
    assert run.status == Status.QUEUED
    journal.start(run)
    assert journal.pause(run) == "paused"
    assert len(run.awaiting["steps"]) == 1
