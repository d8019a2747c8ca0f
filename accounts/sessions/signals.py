"""What happens when someone signs in or out, however that is done."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.audit.origin import Origin, origin_of
from accounts.audit.record import record
from accounts.audit_models import Action, AuditEntry
from accounts.devices import device_name
from accounts.mails import tell_of_change
from accounts.models import User
from accounts.sessions.services import remember_sign_in


@receiver(user_logged_in)
@transaction.atomic
def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Someone is let in, with all factors. A mail tells of a new device or address."""
    origin = origin_of(request)
    is_new = _is_new(user, origin)
    record(Action.SIGNED_IN, user_id=user.pk, by_id=user.pk, request=request)
    remember_sign_in(request=request, user=user, origin=origin)
    if is_new:
        device, address = device_name(origin.device), origin.address or "unknown address"
        transaction.on_commit(
            lambda: tell_of_change(
                request, user.email, "new_sign_in", device=device, address=address
            )
        )


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Someone leaves."""
    if user:
        record(Action.SIGNED_OUT, user_id=user.pk, by_id=user.pk, request=request)


def _is_new(user: User, origin: Origin) -> bool:
    """True where earlier sign-ins were all made with another device or from another address."""
    earlier = AuditEntry.objects.filter(user_id=user.pk, action=Action.SIGNED_IN)
    known = earlier.filter(device=origin.device, address=origin.address)
    return earlier.exists() and not known.exists()
