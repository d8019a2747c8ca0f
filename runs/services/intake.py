"""Pausing the intake of new runs. What is queued or executes goes on."""

from django.db import transaction

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from runs.errors import IntakePaused, InvalidSubmission
from runs.models import IntakeChange
from runs.selectors.intake import latest_word, pause

MAX_REASON = 300


def check_intake() -> None:
    """Raise `IntakePaused` while staff take no new runs in."""
    if found := pause():
        raise IntakePaused(found.reason)


def intake_paused() -> IntakePaused:
    """The error of a submit that came too late, with staff's newest words."""
    word = latest_word()
    return IntakePaused(word.reason if word else "")


@transaction.atomic
def set_intake(*, paused: bool, reason: str = "", by: User) -> IntakeChange:
    """Keep staff's word, and who gave it; the same word again changes nothing.

    Raises `InvalidSubmission` for a pause without a reason, which users read.
    """
    reason = reason.strip()
    if paused and not reason:
        raise InvalidSubmission("Say why: users read it.", field="reason")
    if len(reason) > MAX_REASON:
        raise InvalidSubmission(f"It has at most {MAX_REASON} characters.", field="reason")
    word = latest_word()
    if word and (word.paused, word.reason) == (paused, reason):
        return word
    change = IntakeChange.objects.create(paused=paused, reason=reason, by=by)
    change.refresh_from_db()
    action = Action.INTAKE_PAUSED if paused else Action.INTAKE_RESUMED
    record(action, by_id=by.pk, after={"reason": reason} if paused else None)
    return change
