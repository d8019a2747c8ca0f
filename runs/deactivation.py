"""What a user submitted ends when the user is switched off, however that is done with the model."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User


@receiver(post_save, sender=User)
def end_runs(sender: type[User], instance: User, **kwargs: Any) -> None:
    """After the commit: each run ends in a transaction of its own, as everywhere.

    Whatever is missed, because the process died here, is refused when a worker takes it up.
    """
    if not instance.is_active:
        # Rare, and half of all that a command would load.
        from runs.services import end_runs_of

        transaction.on_commit(lambda: end_runs_of(owner=instance))
