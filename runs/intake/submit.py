"""Submitting a run without a thread, where nothing unusual is asked for."""

from django.conf import settings
from django.db import DatabaseError, IntegrityError

from accounts.caller import Caller
from runs import wakeup
from runs.cache.answers import kept
from runs.engine.tools.registry import TOOLS
from runs.errors import RunError
from runs.functions import Outcome, SubmitCall
from runs.intake.known import Known, known
from runs.intake.storing import store
from runs.selectors.kill_switches import Target, stopping
from runs.services.availability import check_available
from runs.services.checks import checked
from runs.services.kill_switch import is_stopped
from runs.services.new_run import NewRun, new_run
from runs.services.submit import Standing, Submitted, submit_run
from runs.states import CacheMode
from runs.submission import Submission
from web.connections import in_any_thread


async def submit(
    *,
    caller: Caller,
    submission: Submission,
    idempotency_key: str | None = None,
    traceparent: str = "",
) -> Submitted:
    """Store a run; it is durable when this returns, and workers have been told.

    It is `submit_run` for code that awaits, and raises what that does: the usual submit shares one
    round trip with those of its time, and every other one goes that way. What it knows of prices,
    tools, breakers and the queue may be some seconds old; so a refusal is never its own.
    """
    if _is_usual(submission):
        site = await known()
        new = _planned(caller, submission, idempotency_key, traceparent, site)
        if new and (submitted := await _stored(new, submission, site)):
            return submitted
    return await in_any_thread(submit_run)(
        owner=caller.user,
        submission=submission,
        api_token=caller.token,
        idempotency_key=idempotency_key,
        traceparent=traceparent,
    )


def _is_usual(submission: Submission) -> bool:
    """True of what can be checked with what is known anyway."""
    own = submission.tools is None or all(name in TOOLS for name in submission.tools)
    listed = submission.customer and settings.CUSTOMERS_POLICY != "open"
    return own and not (submission.fork or submission.prompt_set or listed)


def _planned(
    caller: Caller, submission: Submission, key: str | None, traceparent: str, site: Known
) -> NewRun | None:
    """The run, or None where there is something against it."""
    target = Target(caller.user.pk, caller.token_id, submission.pattern)
    if caller.token_id in site.paused_tokens or stopping(site.switches, target):
        return None
    try:
        plan = checked(submission, site.supply)
        check_available(plan.spec, site.supply)
    except RunError:
        return None
    return new_run(
        owner_id=caller.user.pk,
        api_token_id=caller.token_id,
        submission=submission,
        plan=plan,
        idempotency_key=key,
        traceparent=traceparent,
    )


async def _stored(new: NewRun, submission: Submission, site: Known) -> Submitted | None:
    """The run once it is stored; None where it isn't, for whatever reason."""
    may_be_kept = submission.cache == CacheMode.USE and new.row["cache_digest"] is not None
    call = SubmitCall(row=new.row, needs_usd=new.needs_usd, kept=kept() if may_be_kept else None)
    try:
        answer = await store(call)
    except DatabaseError as error:
        # Its key was used meanwhile, or its user is gone.
        if is_stopped(error) or isinstance(error, IntegrityError):
            return None
        raise
    if answer.outcome != Outcome.STORED:
        return None
    wakeup.wake_workers()
    run = new.as_run(created_at=answer.created_at, deadline_at=answer.deadline_at)
    place = site.queue.join(run.owner_id)
    return Submitted(run, replayed=False, standing=Standing(place, answer.remaining_usd))
