"""JWTs of whoever shares `JWT_SECRET_KEY` with this site: a user for a while, without a row."""

import time
from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings

from accounts.errors import TokenRefused
from accounts.models import Scope

# The only one that is taken, whatever a header says.
ALGORITHM = "HS256"
MAX_LENGTH = 4096
# Clocks of two machines differ by no more.
LEEWAY_S = 10
MAX_ID = 2**63 - 1
MFA_METHODS = frozenset({"mfa", "otp"})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a genuine JWT says: whose it is, what it may do, and until when (seconds since 1970)."""

    user_id: int
    scopes: frozenset[str]
    expires_at: float
    # Whether its issuer asked for a second factor (RFC 8176: `amr` has `mfa` or `otp`).
    with_mfa: bool = False

    @property
    def expired(self) -> bool:
        """True once its time is over."""
        return time.time() >= self.expires_at + LEEWAY_S


def claims_of(text: str) -> Claims:
    """Check a JWT's signature, times, audience and issuer. Raises `TokenRefused`."""
    if len(text) > MAX_LENGTH:
        raise TokenRefused(f"A JWT has at most {MAX_LENGTH:,} characters.")
    found = _verified(text)
    return Claims(
        _user_id(found["sub"]),
        _scopes(found.get("scope")),
        _seconds(found["exp"]),
        with_mfa=_with_mfa(found.get("amr")),
    )


def _verified(text: str) -> dict[str, Any]:
    try:
        # We know none of the extensions that a JWT may insist on (RFC 7515, section 4.1.11).
        if "crit" in jwt.get_unverified_header(text):
            raise TokenRefused("This JWT demands an extension that isn't known here.")
        return jwt.decode(
            text,
            settings.JWT_SECRET_KEY,
            algorithms=[ALGORITHM],
            audience=settings.JWT_AUDIENCE or None,
            issuer=settings.JWT_ISSUER or None,
            leeway=LEEWAY_S,
            options={"require": ["exp", "sub"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenRefused("This JWT has expired.") from error
    except jwt.PyJWTError as error:
        raise TokenRefused(f"This JWT can't be used: {error}") from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise TokenRefused("This JWT can't be read.") from error


def _user_id(subject: str) -> int:
    if not (subject.isascii() and subject.isdecimal() and len(subject) < 20):
        raise TokenRefused("This JWT can't be used: `sub` has to be a user's id.")
    return min(int(subject), MAX_ID)


def _scopes(claimed: Any) -> frozenset[str]:
    """Those that it names and we know; where it names none, all but the one of staff."""
    if claimed is None:
        return frozenset(Scope.values) - {Scope.ADMIN.value}
    if not isinstance(claimed, str):
        raise TokenRefused("This JWT can't be used: `scope` has to be words with spaces between.")
    return frozenset(claimed.split()) & frozenset(Scope.values)


def _with_mfa(claimed: Any) -> bool:
    return isinstance(claimed, list) and not MFA_METHODS.isdisjoint(map(str, claimed))


def _seconds(claimed: Any) -> float:
    if isinstance(claimed, bool) or not isinstance(claimed, int | float):
        raise TokenRefused("This JWT can't be used: `exp` has to be a number.")
    return float(min(claimed, MAX_ID))
