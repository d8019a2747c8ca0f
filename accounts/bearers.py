"""Who sends an `Authorization` header: the owner of an API token or, where taken, of a JWT.

`looked_up` and what admits need no database, so that any way to read the rows will do.
"""

from dataclasses import dataclass

from django.conf import settings

from accounts.caller import Caller
from accounts.errors import FactorMissing, TokenRefused
from accounts.jwts import Claims, claims_of
from accounts.models import KEY_PREFIX, ApiToken, User, key_digest
from accounts.services import note_token_use

SCHEMES = ("token", "bearer")


@dataclass(frozen=True, slots=True)
class Digest:
    """What a token is looked up by, present or previous: see `ApiTokenManager.by_digest`."""

    text: str


def key_in(header: str) -> str | None:
    """The key that a header has; None with another scheme. Raises `TokenRefused`."""
    parts = header.split()
    if not parts or parts[0].lower() not in SCHEMES:
        return None
    if len(parts) != 2:
        raise TokenRefused("Malformed Authorization header: it should be `Token <key>`.")
    if not parts[1].isascii():
        raise TokenRefused("Malformed token: keys are plain ASCII.")
    return parts[1]


def looked_up(key: str) -> Digest | Claims:
    """What the database is to be asked for. Raises `TokenRefused`."""
    if key.startswith(KEY_PREFIX):
        return Digest(key_digest(key))
    if not settings.JWT_SECRET_KEY or key.count(".") != 2:
        raise TokenRefused(f"Malformed token: keys start with {KEY_PREFIX}.")
    return claims_of(key)


def admit_token(token: ApiToken | None, digest: Digest) -> Caller:
    """The caller with the token, its user loaded, that has this digest. Raises `TokenRefused`."""
    if token is None:
        raise TokenRefused("Unknown token.")
    if token.revoked_at is not None:
        raise TokenRefused(f"This token was revoked on {token.revoked_at:%Y-%m-%d %H:%M} UTC.")
    if token.expires_at is not None and token.expired:
        raise TokenRefused(f"This token expired on {token.expires_at:%Y-%m-%d %H:%M} UTC.")
    if token.replaced(digest.text):
        raise TokenRefused("A newer key has replaced this one.")
    if not token.user.is_active:
        raise TokenRefused("The user of this token is inactive.")
    token.used_digest = digest.text
    return Caller(token.user, token)


def admit_user(user: User | None, claims: Claims) -> Caller:
    """The caller whom a JWT names. Raises `TokenRefused`."""
    if user is None:
        raise TokenRefused("This JWT can't be used: there is no such user.")
    if not user.is_active:
        raise TokenRefused("The user of this JWT is inactive.")
    if user.verified_at is None:
        raise TokenRefused("The user of this JWT has yet to verify an email address.")
    if user.mfa_since is not None and not claims.with_mfa:
        raise FactorMissing(
            "The user of this JWT has a second factor: `amr` has to say that it was asked for, by "
            "`mfa` or `otp`."
        )
    return Caller(user, claims=claims)


def caller_of_key(key: str) -> Caller:
    """Who sends this key, in one query. Raises `TokenRefused`."""
    wanted = looked_up(key)
    if isinstance(wanted, Claims):
        return admit_user(User.objects.filter(pk=wanted.user_id).first(), wanted)
    caller = admit_token(ApiToken.objects.by_digest(wanted.text), wanted)
    if caller.token:
        note_token_use(token=caller.token)
    return caller
