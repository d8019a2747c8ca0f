"""Which run a key shows, and the link that a run has."""

from dataclasses import replace

from django.db.models.functions import Now

from accounts.models import key_digest
from runs.engine.calls.purse import TOOL as PURSE
from runs.models import Run, RunShare
from runs.selectors.journal import Journal, journal


def shared_by(key: str) -> RunShare | None:
    """The live link with this key, with its run; None where there is none, for whatever reason."""
    live = RunShare.objects.filter(expires_at__gt=Now(), run__owner__is_active=True)
    return live.select_related("run").filter(digest=key_digest(key)).first()


def share_of(run: Run) -> RunShare | None:
    """The link of a run; None where it has none that works."""
    return RunShare.objects.filter(run=run, expires_at__gt=Now()).first()


def shared_steps(share: RunShare) -> Journal | None:
    """The steps that a link shows, without those that look into budgets; None where it has none."""
    if not share.with_steps:
        return None
    found = journal(share.run)
    return replace(found, steps=[s for s in found.steps if s.request.get("tool") != PURSE])
