"""Emptying the runs of users who were deleted: what is left says what was paid."""

import time

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from runs.details import Detail
from runs.models import Run, RunShare
from runs.retention.emptying import delete_detail, forget_keys, forget_labels
from runs.services.cancel import end_runs_of
from runs.states import TERMINAL

RUNS_AT_A_TIME = 100
# Of the details that were deleted: all that the owner said, with the account.
WITH_OWNER = "owner"


def erase_deleted_users(*, seconds: float) -> None:
    """Go on with the users who were deleted, for so long; again until all are done."""
    ends = time.monotonic() + seconds
    deleted = User.objects.filter(deleted_at__isnull=False, erased_at=None)
    for user in deleted.order_by("deleted_at"):
        erase_user(user=user, ends=ends)
        if time.monotonic() >= ends:
            return


def erase_user(*, user: User, ends: float | None = None) -> bool:
    """Empty the runs of a user who was deleted, up to the moment `ends` of the monotonic clock.

    True once all are empty. Runs that still go on are asked to end, and emptied the next time.
    """
    end_runs_of(owner=user)
    while _empty_some(user):
        if ends is not None and time.monotonic() >= ends:
            return False
    if Run.objects.visible_to(user).active().exists():
        return False
    User.objects.filter(pk=user.pk).update(erased_at=Now())
    return True


@transaction.atomic
def _empty_some(user: User) -> int:
    """Empty some runs that have ended; returns how many. Locks their rows."""
    ended = Run.objects.visible_to(user).filter(status__in=TERMINAL)
    left = ended.exclude(deleted_details__has_key=WITH_OWNER).order_by("id")
    runs = list(left.select_for_update().values_list("pk", flat=True)[:RUNS_AT_A_TIME])
    for detail in Detail:
        delete_detail(detail, runs, days=0)
    forget_keys(runs)
    RunShare.objects.filter(run__in=runs).delete()
    forget_labels(runs)
    return len(runs)
