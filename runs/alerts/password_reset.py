"""A reset of the password undoes what someone else may have silenced."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.services import password_was_reset
from runs.alert_models import AlertPreferences


@receiver(password_was_reset, sender=User)
def unmute(sender: type[User], user: User, **kwargs: Any) -> None:
    """In the transaction of the reset. What pauses tokens stays: it only makes the site safer."""
    AlertPreferences.objects.filter(user=user).update(no_mail=[], no_webhook=[], daily=False)
