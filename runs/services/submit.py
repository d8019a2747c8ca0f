"""Submitting a run: checked, durable, then announced."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import ApiToken, User
from billing.selectors.budgets import check_not_used_up
from runs import wakeup
from runs.errors import IdempotencyConflict
from runs.models import Run, RunEvent
from runs.services.checks import checked
from runs.services.funds import needed_usd
from runs.spec import columns
from runs.submission import Submission

DEFAULT_DEADLINE_S = 3600


@dataclass(frozen=True, slots=True)
class Submitted:
    """The run, and whether an earlier request with the same key had made it."""

    run: Run
    replayed: bool


def submit_run(
    *,
    owner: User,
    submission: Submission,
    api_token: ApiToken | None = None,
    idempotency_key: str | None = None,
) -> Submitted:
    """Store a run; it is durable when this returns.

    Raises `InvalidSubmission`, `UnknownPattern`, `UnpricedModel`, `IdempotencyConflict`, and
    `BudgetExceeded` when settled money alone leaves a hard budget no room for it.
    """
    if idempotency_key and (known := _known(owner, idempotency_key, submission)):
        return known
    run = _new_run(owner, submission, api_token, idempotency_key)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            RunEvent.objects.create(run=run, seq=1, type="run.queued", data={})
            transaction.on_commit(wakeup.wake_workers)
    except IntegrityError:
        # Another request with the same key was faster.
        if idempotency_key and (known := _known(owner, idempotency_key, submission)):
            return known
        raise
    run.refresh_from_db(fields=["created_at", "deadline_at"])
    return Submitted(run, replayed=False)


def _new_run(
    owner: User, submission: Submission, api_token: ApiToken | None, idempotency_key: str | None
) -> Run:
    plan = checked(submission)
    check_not_used_up(
        owner, api_token.pk if api_token else None, needed_usd(plan.spec, plan.prices)
    )
    deadline = timedelta(seconds=submission.deadline_s or DEFAULT_DEADLINE_S)
    return Run(
        owner=owner,
        api_token=api_token,
        **columns(plan.spec),
        model=submission.model,
        routing_reason=plan.reason,
        provider=settings.PROVIDER_NAME,
        simulated=settings.SIMULATED,
        metadata=submission.metadata,
        max_cost_usd=submission.max_cost_usd,
        idempotency_key=idempotency_key,
        request_hash=submission.digest,
        deadline_at=Now() + deadline,
        last_seq=1,
    )


def _known(owner: User, key: str, submission: Submission) -> Submitted | None:
    """The run that this key made before, if there is one."""
    run = Run.objects.submitted_with(owner, key).first()
    if run is None:
        return None
    if run.request_hash != submission.digest:
        raise IdempotencyConflict("This idempotency key was used with another body.")
    return Submitted(run, replayed=True)
