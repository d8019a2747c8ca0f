"""What Django, django-allauth and the admin tell of, as entries."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.audit.record import masked, record
from accounts.audit.watching import Watched, watch
from accounts.audit_models import Action
from accounts.models import User

RIGHTS = ("email", "is_active", "is_staff", "is_superuser")
LIMITS = ("submits_per_minute", "submits_per_hour")

watch(
    Watched(
        User,
        fields=(*RIGHTS, *LIMITS),
        created=Action.USER_CREATED,
        changed=Action.USER_CHANGED,
        deleted=Action.USER_DELETED,
        owner=lambda user: user.pk,
        shown={"email": masked},
    )
)


@receiver(user_login_failed)
def sign_in_failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """A wrong password, or an address that nobody has.

    What was typed is not kept: people type passwords there, too.
    """
    address = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.with_address(address) if address and "\0" not in address else None
    record(Action.SIGN_IN_FAILED, user_id=user.pk if user else None, request=request)


@receiver(post_save, sender=LogEntry)
def changed_in_admin(sender: type[LogEntry], instance: LogEntry, **kwargs: Any) -> None:
    """All that the admin keeps of itself: what was changed there, and which fields."""
    kind = instance.content_type
    is_user = kind is not None and kind.model_class() is User and instance.object_id
    record(
        Action.ADMIN_CHANGE,
        by_id=instance.user_id,
        user_id=int(instance.object_id) if is_user and instance.object_id else None,
        about=(kind.name if kind else "", instance.object_id or ""),
        after={"flag": instance.get_action_flag_display(), "what": instance.change_message},
    )
