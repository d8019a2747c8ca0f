"""The owner's word on a tool call that waits for it."""

from typing import Literal

from django.db import transaction

from billing.statements import run as execute
from runs import functions, hints, wakeup
from runs.cleaning import cleaned
from runs.errors import InvalidSubmission, NotWaiting
from runs.functions import Answer, Outcome
from runs.models import Run

Verdict = Literal["approved", "declined", "took_effect"]


def decide_call(
    *, run: Run, step: str, verdict: Verdict, comment: str = "", attempt: int | None = None
) -> Run:
    """Keep the word on one call; the run goes on once all are decided. Twice the same is the same.

    Without `attempt` it is the first question about this call. Raises `InvalidSubmission` for a
    step that wasn't asked about, `NotWaiting`. Takes the run row's lock.
    """
    decision = {"verdict": verdict, "comment": cleaned(comment).strip()}
    with transaction.atomic():
        statement = functions.decide(run_id=run.pk, key=step, attempt=attempt, decision=decision)
        answer = execute(statement)
        if answer.outcome == Outcome.NO_STEP:
            raise InvalidSubmission("This run didn't ask about such a step.", field="step")
        if answer.outcome == Outcome.NOT_WAITING:
            raise NotWaiting("The run doesn't wait for approvals.")
        if answer.outcome == Outcome.CONFLICT:
            raise NotWaiting("This was decided otherwise before.")
        transaction.on_commit(lambda: _tell(run, answer))
    run.refresh_from_db()
    return run


def _tell(run: Run, answer: Answer) -> None:
    hints.publish_soon(run.pk, answer.events)
    if answer.outcome == Outcome.RESUMED:
        wakeup.wake_workers()
