"""What a long connection was let in with, to be asked again while it lasts."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.caller import caller_of
from accounts.models import ApiToken, User

# Asks the database whether the reader would still be let in.
StillValid = Callable[[], bool]


def token_still_valid(pk: UUID) -> bool:
    """False once the token is revoked or expired, or its user inactive."""
    current = Q(expires_at=None) | Q(expires_at__gt=Now())
    tokens = ApiToken.objects.unrevoked()
    return tokens.filter(current, pk=pk, user__is_active=True).exists()


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


def access_check(request: Request) -> StillValid:
    """Asks again for what this API request was let in with."""
    caller = caller_of(request)
    if caller.token:
        return partial(token_still_valid, caller.token.pk)
    return partial(session_still_valid, request.session.session_key, caller.user.pk)
