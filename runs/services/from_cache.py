"""Storing a run that has an equal one's answer, and so has ended before it begins."""

from django.db import transaction
from django.db.models.functions import Now

from billing.statements import run as execute
from runs import functions
from runs.cache.answers import KeptAnswer, kept_answer
from runs.events import Notice, RunFinished
from runs.models import Run, RunEvent
from runs.states import AnswerKind, Status


@transaction.atomic
def answered_from_cache(run: Run) -> Run | None:
    """Store a new run with the answer that is kept for it; None where there is none.

    It holds no money and writes no ledger line. Locks the run that paid against deletion.
    """
    kept = kept_answer(owner_id=run.owner_id, cache=run.cache, digest=run.cache_digest, locked=True)
    if kept is None:
        return None
    _fill(run, kept)
    run.save(force_insert=True)
    RunEvent.objects.create(run=run, seq=1, type="run.queued", data={})
    for event in (Notice(code="cache_hit", figures=kept.figures), _last_event(run)):
        execute(functions.append_event(run_id=run.pk, event=event))
    run.refresh_from_db(fields=["created_at", "deadline_at", "finished_at", "last_seq"])
    return run


def _fill(run: Run, kept: KeptAnswer) -> None:
    run.status = Status.SUCCEEDED
    run.answer, run.answer_kind, run.stop_reason = kept.answer, AnswerKind.FINAL, kept.stop_reason
    run.sources = list(kept.sources)
    run.warnings = list(dict.fromkeys((*run.warnings, *kept.warnings)))
    run.cache_hit, run.paid_by_id, run.saved_usd = True, kept.run_id, kept.cost_usd
    run.finished_at = Now()


def _last_event(run: Run) -> RunFinished:
    return RunFinished(
        status=run.status,
        answer=run.answer,
        answer_kind=run.answer_kind,
        stop_reason=run.stop_reason,
        error=None,
        cost_usd="0",
        in_doubt_usd="0",
    )
