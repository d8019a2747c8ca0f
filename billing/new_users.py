"""The budget that each new user gets, in the transaction that makes the user."""

from typing import Any

from django.conf import settings
from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User
from billing.models import Budget
from billing.services import create_budget


@receiver(post_save, sender=User)
def give_budget(sender: type[User], instance: User, created: bool, **kwargs: Any) -> None:
    """Set `NEW_USER_BUDGET_USD` a month, hard; staff set their own."""
    limit = settings.NEW_USER_BUDGET_USD
    if created and limit is not None and not instance.is_staff:
        create_budget(
            scope=Budget.Scope.USER, period=Budget.Period.MONTH, limit_usd=limit, user=instance
        )
