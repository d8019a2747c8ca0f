"""The link that shows that an e-mail address is its user's."""

from django.core import signing
from django.db import transaction
from django.db.models.functions import Now

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User

SALT = "accounts.verification"
CHANGE_SALT = "accounts.email-change"
MAX_AGE_S = 3 * 24 * 3600


def link_key(user: User) -> str:
    """The secret part of the link; a changed address makes it void."""
    return signing.dumps([user.pk, user.email], salt=SALT)


def user_of_key(key: str) -> User | None:
    """The user whose address the link shows; None for one that is too old or made up."""
    try:
        pk, email = signing.loads(key, salt=SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk, email=email, is_active=True).first()


@transaction.atomic
def verify_address(*, user: User) -> None:
    """Note that the address is the user's; again changes nothing."""
    if User.objects.filter(pk=user.pk, verified_at=None).update(verified_at=Now()):
        record(Action.EMAIL_VERIFIED, user_id=user.pk)


def change_key(user: User, new: str) -> str:
    """The secret part of the link that changes the address; any change makes it void."""
    return signing.dumps([user.pk, user.email, new], salt=CHANGE_SALT)


def change_of_key(key: str, user: User) -> str | None:
    """The address that the link gives to this user; None for one that is too old or not theirs."""
    try:
        pk, old, new = signing.loads(key, salt=CHANGE_SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return None
    return str(new) if (pk, old) == (user.pk, user.email) else None
