"""A reset of the password switches off what someone else may have set up."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.services import password_was_reset
from runs.webhook_models import Webhook


@receiver(password_was_reset, sender=User)
def switch_off(sender: type[User], user: User, **kwargs: Any) -> None:
    """In the transaction of the reset."""
    # Rare, and it brings an HTTP client.
    from runs.webhooks.services import switch_off_all

    switch_off_all(owner=user, reason=Webhook.OffReason.RESET)
