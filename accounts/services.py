"""What changes users and tokens, and the check of a token's key."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import KEY_PREFIX, ApiToken, Scope, User
from web.errors import Problem

logger = logging.getLogger(__name__)

USED_RESOLUTION = timedelta(minutes=1)
DEFAULT_EXPIRY_DAYS = 90


class TokenRefused(Exception):
    """A key that lets nobody in; its text says why, and is fit to be shown."""


class TokenNotAllowed(Problem):
    """A token that its user may not have."""

    status = 403
    code = "permission_denied"


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
    *,
    user: User,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    by_staff: bool = False,
) -> tuple[ApiToken, str]:
    """Create a token; its key is returned here and never again.

    Raises `TokenNotAllowed` where its user's address is not verified, unless staff make it, and for
    a scope that its user may not give.
    """
    if user.verified_at is None and not by_staff:
        raise TokenNotAllowed("Verify your email address first: the account page sends the link.")
    if beyond := [scope for scope in scopes if scope not in Scope.of(user)]:
        raise TokenNotAllowed(f"Only staff have tokens with the scope {beyond[0]}.")
    token, key = ApiToken.objects.issue(user=user, name=name, scopes=scopes, expires_at=expires_at)
    logger.info("token %s created for user %s", token.pk, user.pk)
    return token, key


def revoke_token(*, token: ApiToken) -> None:
    """End a token for good, so that its key stops working at once; again changes nothing.

    Its budgets stay: what it submitted goes on, and deleting them would wait for money.
    """
    if ApiToken.objects.unrevoked().filter(pk=token.pk).update(revoked_at=Now()):
        logger.info("token %s of user %s revoked", token.pk, token.user_id)


def revoke_tokens(*, user: User) -> int:
    """Revoke all tokens of a user; returns how many worked until now."""
    count = user.api_tokens.unrevoked().update(revoked_at=Now())
    logger.info("%s tokens of user %s revoked", count, user.pk)
    return count


@transaction.atomic
def reset_password(*, user: User, password: str, by_mail: bool = False) -> None:
    """Set a forgotten password: all sessions end, and all tokens are revoked.

    Whoever had the account before, such as someone who signed up with another's address, is out.
    A link that came `by_mail` shows that the address is the user's.
    """
    user.set_password(password)
    if by_mail and user.verified_at is None:
        user.verified_at = timezone.now()
    user.save(update_fields=["password", "verified_at"])
    revoke_tokens(user=user)


@transaction.atomic
def switch_off(*, user: User) -> None:
    """Keep a user out: no sign-in, no token works, and what waits or executes ends."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    logger.info("user %s switched off", user.pk)
