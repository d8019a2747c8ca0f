"""What changes about second factors: it is recorded, its owner is told, and users know it."""

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from django.db import transaction
from django.db.models.functions import Now
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.mails import tell_of_change
from accounts.models import User

RECOVERY = Authenticator.Type.RECOVERY_CODES


@receiver(post_save, sender=Authenticator)
def added(
    sender: type[Authenticator], instance: Authenticator, created: bool, **kwargs: Any
) -> None:
    """In the transaction that adds it."""
    if not created:
        return
    if instance.type == RECOVERY:
        _say(instance, Action.RECOVERY_CODES_MADE, "recovery_codes_made")
        return
    User.objects.filter(pk=instance.user_id, mfa_since=None).update(mfa_since=Now())
    _say(instance, Action.MFA_ADDED, "mfa_added")


@receiver(post_delete, sender=Authenticator)
def removed(sender: type[Authenticator], instance: Authenticator, **kwargs: Any) -> None:
    """In the transaction that removes it, however that is done."""
    if instance.type == RECOVERY:
        return
    left = Authenticator.objects.filter(user_id=instance.user_id).exclude(type=RECOVERY)
    if not left.exists():
        User.objects.filter(pk=instance.user_id).update(mfa_since=None)
    _say(instance, Action.MFA_REMOVED, "mfa_removed")


@receiver(authentication_failed)
def failed(sender: Any, user: User, **kwargs: Any) -> None:
    """A wrong code, of someone who knew the password."""
    record(Action.SIGN_IN_FAILED, user_id=user.pk, after={"factor": "code"})


@receiver(authenticator_used)
def used(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """A code that was right, asked for before something that matters."""
    if kwargs.get("reauthenticated"):
        after = {"factor": authenticator.type}
        record(Action.REAUTHENTICATED, user_id=user.pk, by_id=user.pk, after=after)


def _say(authenticator: Authenticator, action: Action, mail: str) -> None:
    kind = {"kind": authenticator.type}
    record(action, user_id=authenticator.user_id, after=kind)
    known = User.objects.filter(pk=authenticator.user_id, deleted_at=None)
    request, user = context.request, known.first()
    if request and user:
        transaction.on_commit(lambda: tell_of_change(request, user.email, mail))
