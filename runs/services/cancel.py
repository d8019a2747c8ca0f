"""Cancelling a run."""

from contextlib import suppress

from django.db import connection, transaction

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from billing.statements import run as execute
from runs import functions, hints
from runs.errors import RunEnded
from runs.models import Run
from runs.states import AWAITING, Status

CANCEL_CHANNEL = "runs_cancel"
# No worker has them: they end at once.
WAITING = AWAITING | {Status.QUEUED}

ACCOUNT_DISABLED = "account_disabled"


def cancel_run(*, run: Run) -> Run:
    """Ask for a run's end; asking twice is the same. A run that waits ends at once.

    Raises `RunEnded`. Takes the run row's lock; the worker hears of it on commit.
    """
    with transaction.atomic():
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.status == Status.CANCELLED:
            return locked
        if locked.ended:
            raise RunEnded(f"The run has already ended: {locked.status}.")
        if locked.status in WAITING:
            appended = execute(functions.cancel_waiting(run_id=locked.pk))
            transaction.on_commit(lambda: hints.publish_soon(run.pk, appended))
        elif Run.objects.filter(pk=run.pk).move(Status.CANCELLING):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", [CANCEL_CHANNEL, str(run.pk)])
    run.refresh_from_db()
    return run


def cancel_runs_of(*, owner: User, by: User) -> int:
    """Staff ask for the end of all that a user has under way; how many runs were asked only now.

    Each in its own transaction: what ends by itself meanwhile doesn't count.
    """
    record(Action.RUNS_CANCELLED, user_id=owner.pk, by_id=by.pk)
    count = 0
    under_way = Run.objects.visible_to(owner).active().exclude(status=Status.CANCELLING)
    for run in under_way.only("pk").order_by("pk"):
        with suppress(RunEnded):
            cancel_run(run=run)
            count += 1
    return count


def end_runs_of(*, owner: User) -> None:
    """End what a user who was switched off has submitted; each run in its own transaction.

    What waits fails as `account_disabled`, what executes is cancelled.
    """
    for run in Run.objects.visible_to(owner).active().order_by("pk"):
        with suppress(RunEnded):
            if not _failed_waiting(run):
                cancel_run(run=run)


@transaction.atomic
def _failed_waiting(run: Run) -> bool:
    """Fail a run that waits; False where it doesn't."""
    waiting = Run.objects.select_for_update().filter(pk=run.pk, status__in=WAITING)
    if not waiting.exists():
        return False
    appended = execute(functions.fail_waiting(run_id=run.pk, code=ACCOUNT_DISABLED))
    transaction.on_commit(lambda: hints.publish_soon(run.pk, appended))
    return True
