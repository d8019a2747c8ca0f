"""What a long connection was let in with, to be asked again while it lasts."""

from collections.abc import Callable
from functools import partial

from django.contrib import auth
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.caller import Caller, caller_of
from accounts.jwts import Claims
from accounts.models import ApiToken, User
from accounts.sessions.store import SessionStore

# Asks the database whether the reader would still be let in.
StillValid = Callable[[], bool]


def token_still_valid(digest: str) -> bool:
    """False once the key works no more, as `ApiTokenManager.working_with` has it."""
    return ApiToken.objects.working_with(digest).exists()


def claims_still_valid(claims: Claims) -> bool:
    """False once the JWT has expired, or its user is inactive or has a factor that it lacks."""
    users = User.objects.filter(pk=claims.user_id, is_active=True).exclude(verified_at=None)
    if not claims.with_mfa:
        users = users.filter(mfa_since=None)
    return not claims.expired and users.exists()


def user_of_session(key: str | None) -> User | None:
    """Who is signed in there; nobody after a new password, and no one who is inactive."""
    request = HttpRequest()
    request.session = SessionStore(key)
    user = auth.get_user(request) if key else None
    return user if isinstance(user, User) else None


def session_still_valid(key: str | None, user_id: int | None) -> bool:
    """False once this user is no longer signed in there."""
    user = user_of_session(key)
    return user is not None and user.pk == user_id


def key_check(caller: Caller) -> StillValid | None:
    """Asks again for the key that let the caller in; None where none did."""
    if caller.claims:
        return partial(claims_still_valid, caller.claims)
    if caller.token:
        return partial(token_still_valid, caller.token.used_digest or caller.token.digest)
    return None


def access_check(request: Request) -> StillValid:
    """Asks again for what this API request was let in with."""
    caller = caller_of(request)
    return key_check(caller) or partial(
        session_still_valid, request.session.session_key, caller.user.pk
    )
