"""Codes that prove a second factor, each of which is taken once: an app's, and recovery codes."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import transaction

from accounts.models import User

APP, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES
# In an app's data: the period of the last code that was taken.
LAST = "last_counter"


@transaction.atomic
def take_code(*, user: User, code: str) -> Authenticator | None:
    """The factor whose code this is, which takes it no more; None for one that is wrong or used.

    Raises `Unreadable` where a secret was sealed with a key that is gone. Locks the factors.
    """
    factors = Authenticator.objects.select_for_update().filter(user=user)
    for factor in factors.filter(type__in=(APP, RECOVERY)).order_by("pk"):
        taken = _take_of_app if factor.type == APP else _take_of_list
        if taken(factor, code):
            return factor
    return None


def _take_of_app(factor: Authenticator, code: str) -> bool:
    """An app's code is valid for three periods. It and those before it are taken no more (RFC 6238,
    section 5.2); django-allauth forgets it after one period, while it is still valid.
    """
    secret = get_adapter().decrypt(factor.data["secret"])
    for counter in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, counter))
        if counter > factor.data.get(LAST, 0) and compare_user_code(actual=code, expected=expected):
            factor.data[LAST] = counter
            factor.save(update_fields=["data"])
            return True
    return False


def _take_of_list(factor: Authenticator, code: str) -> bool:
    return bool(RecoveryCodes(factor).validate_code(code))
