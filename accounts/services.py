"""What changes users and tokens, and the check of a token's key."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import KEY_PREFIX, ApiToken, User

logger = logging.getLogger(__name__)

USED_RESOLUTION = timedelta(minutes=1)
DEFAULT_EXPIRY_DAYS = 90


class TokenRefused(Exception):
    """A key that lets nobody in; its text says why, and is fit to be shown."""


def authenticate_key(key: str) -> ApiToken:
    """The valid token with this key, its user loaded, in one query. Raises TokenRefused."""
    if not key.startswith(KEY_PREFIX):
        raise TokenRefused(f"Malformed token: keys start with {KEY_PREFIX}.")
    token = ApiToken.objects.by_key(key)
    if token is None:
        raise TokenRefused("Unknown token.")
    if token.revoked_at is not None:
        raise TokenRefused(f"This token was revoked on {token.revoked_at:%Y-%m-%d %H:%M} UTC.")
    if token.expires_at is not None and token.expired:
        raise TokenRefused(f"This token expired on {token.expires_at:%Y-%m-%d %H:%M} UTC.")
    if not token.user.is_active:
        raise TokenRefused("The user of this token is inactive.")
    note_token_use(token=token)
    return token


def note_token_use(*, token: ApiToken) -> None:
    """Set `last_used_at`, at most once a minute; a failure is logged and never raised."""
    used = token.last_used_at
    if used is not None and timezone.now() - used < USED_RESOLUTION:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USED_RESOLUTION)
    try:
        with transaction.atomic():
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=Now())
    except DatabaseError as error:
        logger.warning("last use of token %s is not recorded: %s", token.pk, error)


def expiry_in(days: int | None) -> datetime | None:
    """The moment this many days from now; None is never."""
    return None if days is None else timezone.now() + timedelta(days=days)


def create_token(
    *, user: User, name: str, scopes: list[str], expires_at: datetime | None
) -> tuple[ApiToken, str]:
    """Create a token; its key is returned here and never again."""
    token, key = ApiToken.objects.issue(user=user, name=name, scopes=scopes, expires_at=expires_at)
    logger.info("token %s created for user %s", token.pk, user.pk)
    return token, key


def revoke_token(*, token: ApiToken) -> None:
    """End a token for good, so that its key stops working at once; again changes nothing.

    Its budgets stay: what it submitted goes on, and deleting them would wait for money.
    """
    if ApiToken.objects.unrevoked().filter(pk=token.pk).update(revoked_at=Now()):
        logger.info("token %s of user %s revoked", token.pk, token.user_id)
