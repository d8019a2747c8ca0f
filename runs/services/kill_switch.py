"""The kill switch: nothing that it names is taken in or begins, and what is under way ends.

Pulling it is three things, each safe to do again: the row that a trigger refuses new runs and
claims by; the end of executing runs, whose next call is refused from then on; the end of those
that wait. Paid calls themselves look at nothing new.
"""

import logging
from contextlib import suppress
from functools import partial
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import ApiToken, User
from billing.models import Hold
from billing.statements import named
from billing.statements import run as execute
from runs import functions, hints
from runs.alone import Work, alone
from runs.engine.registry import KNOWN
from runs.errors import InvalidSubmission, Stopped
from runs.models import KillSwitch, Run, StoppedCall, StoppedRun
from runs.models.kill_switch import KILL_SWITCH_LOCK, MAX_REASON, STOPPED_SQLSTATE
from runs.selectors.kill_switches import Target, named_runs, stopping, switches_on
from runs.services.cancel import CANCEL_CHANNEL, WAITING
from runs.states import EXECUTING, Status

logger = logging.getLogger(__name__)

Scope = KillSwitch.Scope
BATCH = 100


def check_not_stopped(target: Target) -> None:
    """Raise `Stopped` where a switch is pulled for the target."""
    if switch := stopping(switches_on(), target):
        raise Stopped(switch.reason)


def is_stopped(error: DatabaseError) -> bool:
    """True where the trigger refused the run: a switch was pulled a moment ago."""
    return getattr(error.__cause__, "sqlstate", None) == STOPPED_SQLSTATE


def pull(
    *,
    scope: str,
    reason: str,
    by: User | None,
    user: User | None = None,
    api_token: ApiToken | None = None,
    pattern: str = "",
) -> KillSwitch:
    """Pull the switch for the site, a user, a token or a pattern; returns once all was stopped.

    Pulled again, it stops what may have been left, and changes nothing else. Raises
    `InvalidSubmission`. Each step is a transaction of its own; locks: first the kill switch's
    alone, then run rows, as a cancellation does.
    """
    reason = reason.strip()
    _check(scope=scope, reason=reason, user=user, api_token=api_token, pattern=pattern)
    target = {"user": user, "api_token": api_token, "pattern": pattern}
    switch = _switched_on(scope=scope, reason=reason, by=by, **target)
    logger.warning("kill switch %s pulled: %s", switch.pk, scope)
    stop_all(switch=switch)
    return switch


def stop_all(*, switch: KillSwitch) -> None:
    """Tell all runs that a switch names to end. Several processes may do so at once."""
    _let_claims_end()
    # In this order: from here on a run may still go from a worker to the queue, and not back.
    while _stop_executing(switch) or _stop_waiting(switch):
        pass
    KillSwitch.objects.filter(pk=switch.pk, stopped_at=None).update(stopped_at=Now())
    switch.refresh_from_db()


def finish_stopping() -> int:
    """Go on where whoever pulled a switch was interrupted; how many switches that were.

    Workers claim nothing past a run that is stopped and still queued. One process does it at a
    time.
    """
    with alone(Work.STOPPING) as may:
        unfinished = list(KillSwitch.objects.on().filter(stopped_at=None)) if may else []
        for switch in unfinished:
            stop_all(switch=switch)
    return len(unfinished)


@transaction.atomic
def lift(*, switch: KillSwitch, by: User | None) -> KillSwitch:
    """Take runs in again; what was stopped stays so. Again changes nothing."""
    on = KillSwitch.objects.on().filter(pk=switch.pk)
    if on.update(lifted_at=Now(), lifted_by=by):
        by_id = by.pk if by else None
        record(Action.KILL_SWITCH_LIFTED, by_id=by_id, user_id=switch.user_id, about=switch)
    switch.refresh_from_db()
    return switch


def _check(
    *, scope: str, reason: str, user: User | None, api_token: ApiToken | None, pattern: str
) -> None:
    if not reason:
        raise InvalidSubmission("Say why: whoever is refused reads it.", field="reason")
    if len(reason) > MAX_REASON:
        raise InvalidSubmission(f"It has at most {MAX_REASON} characters.", field="reason")
    given = {Scope.USER: user, Scope.TOKEN: api_token, Scope.PATTERN: pattern}
    for kind, value in given.items():
        if bool(value) != (scope == kind):
            raise InvalidSubmission(
                f"A switch for a {kind} names one, no other does.", field=str(kind)
            )
    if pattern and pattern not in KNOWN:
        raise InvalidSubmission(f"There is no pattern “{pattern}”.", field="pattern")


def _switched_on(*, scope: str, by: User | None, reason: str, **target: object) -> KillSwitch:
    """The switch that is on for this target: from the commit on, no new run gets past it."""
    on = KillSwitch.objects.on().filter(scope=scope, **target)
    with suppress(IntegrityError), transaction.atomic():
        if known := on.first():
            return known
        with connection.cursor() as cursor:
            # Submits that have passed the trigger are stored first, and then found.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KILL_SWITCH_LOCK])
        switch = KillSwitch.objects.create(scope=scope, reason=reason, pulled_by=by, **target)
        switch.refresh_from_db()
        named = {"pattern": switch.pattern, "token": switch.api_token_id}
        by_id = by.pk if by else None
        record(
            Action.KILL_SWITCH_PULLED,
            by_id=by_id,
            user_id=switch.user_id,
            about=switch,
            after={"scope": scope, "reason": reason, **named},
        )
        return switch
    # Someone else was faster.
    return on.get()


@transaction.atomic
def _let_claims_end() -> None:
    """Wait for claims that began before the switch was there; the later ones see it."""
    with connection.cursor() as cursor:
        number = named("billing", "lock_number", "'claim'")
        cursor.execute(f"SELECT pg_advisory_xact_lock({number})")


@transaction.atomic
def _stop_executing(switch: KillSwitch) -> int:
    """Tell some of the executing runs to end, and note what they have at the provider.

    While their rows are locked, no call of theirs begins.
    """
    known = StoppedRun.objects.filter(switch=switch).values("run_id")
    runs = named_runs(switch).filter(status__in=EXECUTING).exclude(pk__in=known)
    locked = dict(
        runs.order_by("pk").select_for_update(no_key=True).values_list("pk", "status")[:BATCH]
    )
    _note(switch, locked)
    Run.objects.filter(pk__in=locked).move(Status.CANCELLING)
    with connection.cursor() as cursor:
        for pk in locked:
            cursor.execute("SELECT pg_notify(%s, %s)", [CANCEL_CHANNEL, str(pk)])
    return len(locked)


def _stop_waiting(switch: KillSwitch) -> int:
    """End some of the runs that wait. Those that hold money end one by one.

    Together they would lock budget windows in no order.
    """
    waiting = named_runs(switch).filter(status__in=WAITING)
    for some, most in ((waiting.filter(held_usd=0), BATCH), (waiting.exclude(held_usd=0), 1)):
        pks = list(some.order_by("pk").values_list("pk", flat=True)[:most])
        if pks:
            _end(switch, some.filter(pk__in=pks))
            return len(pks)
    return 0


@transaction.atomic
def _end(switch: KillSwitch, waiting: QuerySet[Run]) -> None:
    """End those that still wait once their rows are locked."""
    locked = dict(waiting.order_by("pk").select_for_update(no_key=True).values_list("pk", "status"))
    _note(switch, locked)
    for pk in locked:
        appended = execute(functions.cancel_waiting(run_id=pk))
        transaction.on_commit(partial(hints.publish_soon, pk, appended))


def _note(switch: KillSwitch, statuses: dict[UUID, str]) -> None:
    """Note runs and what they have at the provider, once: someone else may have just done so.

    A run that waits has a call there where its answer is to be read on by the next worker.
    """
    StoppedRun.objects.bulk_create(
        [StoppedRun(switch=switch, run_id=pk, status=status) for pk, status in statuses.items()],
        ignore_conflicts=True,
    )
    holds = Hold.objects.filter(run_id__in=statuses, state=Hold.State.DISPATCHED)
    calls = [
        StoppedCall(
            switch=switch,
            run_id=hold.run_id,
            hold_id=hold.pk,
            held_usd=hold.amount,
            simulated=hold.simulated,
        )
        for hold in holds
    ]
    StoppedCall.objects.bulk_create(calls, ignore_conflicts=True)
