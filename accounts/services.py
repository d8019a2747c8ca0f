"""What changes users and tokens."""

import logging
from datetime import datetime, timedelta
from typing import Literal

from allauth.account.models import EmailAddress
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.dispatch import Signal
from django.utils import timezone

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import SHOWN_CHARACTERS, ApiToken, Scope, User, key_digest, new_key
from web.errors import Problem

logger = logging.getLogger(__name__)

# In the transaction, with `user`. Whoever had the account before is out, with all that they set up.
password_was_reset = Signal()

USED_RESOLUTION = timedelta(minutes=1)
DEFAULT_EXPIRY_DAYS = 90
# Of one person, at a time.
MOST_TOKENS = 50
# The highest limit that a token can have of its own.
MAX_SUBMITS = 1_000_000


class TokenNotAllowed(Problem):
    """A token that its user may not have."""

    status = 403
    code = "permission_denied"


class AddressTaken(Problem):
    """An address that someone else has."""

    status = 409
    code = "conflict"


class TokenConflict(Problem):
    """What can't be done as things are: one more token, or a key for one that has ended."""

    status = 409
    code = "conflict"


def used_lately(token: ApiToken) -> bool:
    """True where the last use that is recorded is recent enough."""
    used = token.last_used_at
    return used is not None and timezone.now() - used < USED_RESOLUTION


def note_token_use(*, token: ApiToken) -> None:
    """Set `last_used_at`, at most once a minute; a failure is logged and never raised."""
    if used_lately(token):
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


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    by_staff: bool = False,
    submits_per_minute: int | None = None,
    submits_per_hour: int | None = None,
) -> tuple[ApiToken, str]:
    """Create a token; its key is returned here and never again. Locks the user's row.

    Raises `TokenNotAllowed` where its user's address is not verified, unless staff make it, and for
    a scope that its user may not give; `TokenConflict` where there are as many as may be.
    """
    if user.verified_at is None and not by_staff:
        raise TokenNotAllowed("Verify your email address first: the account page sends the link.")
    if beyond := [scope for scope in scopes if scope not in Scope.of(user)]:
        raise TokenNotAllowed(f"Only staff have tokens with the scope {beyond[0]}.")
    # One at a time, so that their number holds. Runs of the user, which name the row, go on.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if ApiToken.objects.live().filter(user=user).count() >= MOST_TOKENS:
        raise TokenConflict(f"There are {MOST_TOKENS} tokens that work: revoke one of them first.")
    token, key = ApiToken.objects.issue(
        user=user,
        name=name,
        scopes=scopes,
        expires_at=expires_at,
        submits_per_minute=submits_per_minute,
        submits_per_hour=submits_per_hour,
    )
    after = {"name": name, "scopes": scopes, "expires_at": expires_at}
    record(Action.TOKEN_CREATED, user_id=user.pk, about=token, after=after)
    logger.info("token %s created for user %s", token.pk, user.pk)
    return token, key


@transaction.atomic
def rotate_token(
    *, token: ApiToken, overlap: timedelta, expires_at: datetime | Literal["kept"] | None = "kept"
) -> str:
    """Give a token another key, which is returned here and never again. Locks its row.

    The present key works for `overlap` more, but not past the token's present expiry; the one
    before it, if any, stops at once. All else of the token stays, but for a new expiry. Raises
    `TokenConflict` for a token that is revoked, or has expired and gets no new expiry.
    """
    present = ApiToken.objects.select_for_update().get(pk=token.pk)
    ends = present.expires_at
    if present.revoked_at is not None:
        raise TokenConflict("This token is revoked.")
    if expires_at == "kept" and present.expired:
        raise TokenConflict("This token has expired: give it a new expiry.")
    until = timezone.now() + overlap
    key = new_key()
    token.previous_digest = present.digest
    token.previous_expires_at = until if ends is None else min(until, ends)
    token.digest, token.prefix = key_digest(key), key[:SHOWN_CHARACTERS]
    token.expires_at = ends if expires_at == "kept" else expires_at
    token.save(
        update_fields=["previous_digest", "previous_expires_at", "digest", "prefix", "expires_at"]
    )
    after = {"name": token.name, "previous_works_until": token.previous_expires_at}
    record(Action.TOKEN_ROTATED, user_id=token.user_id, about=token, after=after)
    logger.info("token %s of user %s has a new key", token.pk, token.user_id)
    return key


@transaction.atomic
def revoke_token(*, token: ApiToken) -> None:
    """End a token for good, so that its key stops working at once; again changes nothing.

    Its budgets stay: what it submitted goes on, and deleting them would wait for money.
    """
    if ApiToken.objects.unrevoked().filter(pk=token.pk).update(revoked_at=Now()):
        about = {"name": token.name}
        record(Action.TOKEN_REVOKED, user_id=token.user_id, about=token, after=about)
        logger.info("token %s of user %s revoked", token.pk, token.user_id)


@transaction.atomic
def trust_token(*, token: ApiToken, trusted: bool) -> None:
    """Let a token speak for all users, or no longer: who has its key spends their budgets."""
    ApiToken.objects.filter(pk=token.pk).update(speaks_for_users=trusted)
    after = {"name": token.name, "speaks_for_users": trusted}
    record(Action.TOKEN_TRUSTED, user_id=token.user_id, about=token, after=after)
    logger.info("token %s %s for users", token.pk, "speaks" if trusted else "no longer speaks")


@transaction.atomic
def revoke_tokens(*, user: User) -> int:
    """Revoke all tokens of a user; returns how many worked until now."""
    tokens = list(user.api_tokens.unrevoked().select_for_update())
    for token in tokens:
        revoke_token(token=token)
    count = len(tokens)
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
    record(Action.PASSWORD_RESET, user_id=user.pk, after={"by_mail": by_mail})
    revoke_tokens(user=user)
    password_was_reset.send(User, user=user)


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Set a password in place of the known one: all sessions but the present one end."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record(Action.PASSWORD_CHANGED, user_id=user.pk)


@transaction.atomic
def change_email(*, user: User, email: str) -> None:
    """Give an account an address that is shown to be its user's. Raises `AddressTaken`."""
    user.email, user.verified_at = email, timezone.now()
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "verified_at"])
    except IntegrityError as error:
        user.refresh_from_db()
        raise AddressTaken("This address has an account by now.") from error
    # django-allauth's own row would let the old address sign in still.
    EmailAddress.objects.filter(user=user).delete()


@transaction.atomic
def switch_off(*, user: User) -> None:
    """Keep a user out: no sign-in, no token works, and what waits or executes ends."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    logger.info("user %s switched off", user.pk)
