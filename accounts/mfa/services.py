"""Second factors of someone who lost them."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User


@transaction.atomic
def take_factors(*, user: User) -> int:
    """Take a user's app and recovery codes away; how many there were. It is recorded."""
    factors = list(Authenticator.objects.select_for_update().filter(user=user))
    for factor in factors:
        factor.delete()
    return len(factors)
