"""Making and revoking the link of a run."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import key_digest
from runs.errors import RunGoesOn
from runs.models import Run, RunShare


@transaction.atomic
def share_run(*, run: Run, lasts: timedelta, with_steps: bool) -> str:
    """Make a link for a run and return its key, which is never shown again.

    The link that there was works no more. Raises `RunGoesOn`.
    """
    if not run.ended:
        raise RunGoesOn("The run is still going on. Share it once it has ended.")
    key = secrets.token_urlsafe(32)
    terms = {"with_steps": with_steps, "created_at": Now(), "expires_at": Now() + lasts}
    RunShare.objects.update_or_create(run=run, defaults={"digest": key_digest(key), **terms})
    shown = {"with_steps": with_steps, "days": lasts.days}
    record(Action.RUN_SHARED, user_id=run.owner_id, about=run, after=shown)
    return key


@transaction.atomic
def revoke_share(*, run: Run) -> bool:
    """End the link of a run at once; False where there was none."""
    deleted, _ = RunShare.objects.filter(run=run).delete()
    if deleted:
        record(Action.RUN_UNSHARED, user_id=run.owner_id, about=run)
    return bool(deleted)
