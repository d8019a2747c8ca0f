"""Submitting a run: checked, durable, then announced."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import ApiToken, User
from billing.errors import BudgetExceeded
from billing.statements import run as execute
from runs import functions, wakeup
from runs.errors import CallerGone, IdempotencyConflict
from runs.functions import Outcome
from runs.models import Run
from runs.models.prompt_sets import PromptSetVersion
from runs.selectors.kill_switches import Target
from runs.selectors.queue import Place
from runs.services.availability import check_available
from runs.services.checks import checked
from runs.services.fork import Forking, forking_of, keep_source, take_over
from runs.services.from_cache import answered_from_cache
from runs.services.intake import check_intake, intake_paused
from runs.services.kill_switch import check_not_stopped, is_stopped
from runs.services.new_run import NewRun, new_run
from runs.services.paused import check_token
from runs.services.prompt_sets import with_prompts
from runs.services.supply import present_supply
from runs.submission import Submission


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a new run stands: its place, and what is left of the tightest hard budget, if any."""

    place: Place
    remaining_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The run, and whether an earlier request with the same key had made it.

    `standing` is there where the submit learnt it; else it has to be asked for.
    """

    run: Run
    replayed: bool
    standing: Standing | None = None


def submit_run(
    *,
    owner: User,
    submission: Submission,
    api_token: ApiToken | None = None,
    idempotency_key: str | None = None,
    traceparent: str = "",
) -> Submitted:
    """Store a run; it is durable when this returns. It is a part of the trace of `traceparent`.

    An answer that is kept costs nothing, and needs neither a budget nor a provider. Raises
    `IntakePaused`, `Stopped`, `TokenPaused`, `InvalidSubmission`, `UnknownPattern`,
    `UnpricedModel`, `ModelUnavailable`, `IdempotencyConflict`, `CallerGone`, and
    `BudgetExceeded` when settled money alone leaves a hard budget no room for the run. A fork
    raises what `forking_of` does, too.
    """
    if idempotency_key and (known := _known(owner, idempotency_key, submission)):
        return known
    check_intake()
    check_token(api_token)
    target = Target(owner.pk, api_token.pk if api_token else None, submission.pattern)
    check_not_stopped(target)
    forking = forking_of(owner, submission)
    whole = with_prompts(owner=owner, submission=submission)
    supply = present_supply()
    plan = checked(whole.submission, supply)
    new = new_run(
        owner_id=owner.pk,
        api_token_id=api_token.pk if api_token else None,
        submission=submission,
        plan=plan,
        idempotency_key=idempotency_key,
        traceparent=traceparent,
        more={**_prompts_of(whole.version), **_source_of(forking)},
    )
    try:
        if run := answered_from_cache(new.as_run()):
            return Submitted(run, replayed=False)
        check_available(plan.spec, supply)
        stored = _store(new, forking)
    except DatabaseError as error:
        _raise_unless_known(error, target)
        _check_caller(owner, api_token)
        stored = False
    if not stored and idempotency_key and (known := _known(owner, idempotency_key, submission)):
        return known
    return Submitted(Run.objects.get(pk=new.pk), replayed=False)


def _raise_unless_known(error: DatabaseError, target: Target) -> None:
    """Raise what kept a run from being stored, unless it was another request with its key."""
    if is_stopped(error):
        check_not_stopped(target)
    if not isinstance(error, IntegrityError):
        raise error


def _check_caller(owner: User, api_token: ApiToken | None) -> None:
    """Raise `CallerGone` where their rows, which a run names, are there no more."""
    known = User.objects.filter(pk=owner.pk).exists()
    if not known or (api_token and not ApiToken.objects.filter(pk=api_token.pk).exists()):
        raise CallerGone("The account or the token of this request has just been deleted.")


@transaction.atomic
def _store(new: NewRun, forking: Forking | None) -> bool:
    """Store a run that has to be worked on; false where its key or its id has been used."""
    if forking:
        keep_source(forking)
    answer = execute(functions.submit(row=new.row, needs_usd=new.needs_usd))
    if answer.refusal:
        raise BudgetExceeded(answer.refusal)
    if answer.outcome == Outcome.PAUSED:
        raise intake_paused()
    if answer.outcome != Outcome.STORED:
        return False
    if forking:
        take_over(new.pk, forking)
    transaction.on_commit(wakeup.wake_workers)
    return True


def _prompts_of(version: PromptSetVersion | None) -> Mapping[str, Any]:
    """Where the texts in the run's config are from."""
    if version is None:
        return {}
    return {"prompt_set": str(version), "prompt_version_id": version.pk}


def _source_of(forking: Forking | None) -> Mapping[str, Any]:
    if forking is None:
        return {}
    return {"forked_from_id": forking.source.pk, "fork_step": forking.taken.key}


def _known(owner: User, key: str, submission: Submission) -> Submitted | None:
    """The run that this key made before, if there is one."""
    run = Run.objects.submitted_with(owner, key).first()
    if run is None:
        return None
    if run.request_hash != submission.digest:
        raise IdempotencyConflict("This idempotency key was used with another body.")
    return Submitted(run, replayed=True)
