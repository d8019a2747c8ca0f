"""Which run a key shows, and the link that a run has."""

from dataclasses import replace

from django.db.models.functions import Now

from accounts.models import key_digest
from runs.engine.calls.purse import TOOL as PURSE
from runs.models import Run, RunShare, Step
from runs.selectors.journal import Journal, journal


def shared_by(key: str) -> RunShare | None:
    """The live link with this key, with its run; None where there is none, for whatever reason."""
    live = RunShare.objects.filter(expires_at__gt=Now(), run__owner__is_active=True)
    return live.select_related("run").filter(digest=key_digest(key)).first()


def share_of(run: Run) -> RunShare | None:
    """The link of a run; None where it has none that works."""
    return RunShare.objects.filter(run=run, expires_at__gt=Now()).first()


def shared_steps(share: RunShare) -> Journal | None:
    """The steps that a link shows; None where it has none.

    Without those that look into budgets, and without what the owner said of calls: a tool’s result
    and its preview may have it.
    """
    if not share.with_steps:
        return None
    found = journal(share.run)
    shown = [step for step in found.steps if step.request.get("tool") != PURSE]
    decided = {step.key for step in shown if step.decision}
    events = [
        event
        for event in found.events
        if event.type == "artifact" or event.data.get("key") not in decided
    ]
    return replace(found, steps=[_uncommented(step) for step in shown], events=events)


def _uncommented(step: Step) -> Step:
    """The step as it is shown, which is never saved."""
    comment = (step.decision or {}).get("comment")
    step.decision = None
    if comment:
        for answer, name in ((step.response, "text"), (step.error, "message")):
            if answer and comment in str(answer.get(name, "")):
                answer[name] = answer[name].replace(f": {comment}", ".")
    return step
