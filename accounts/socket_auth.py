"""Who is at the other end of a WebSocket: the same tokens as the API's, checked the same way."""

from dataclasses import dataclass
from functools import partial

from accounts.bearers import caller_of_key, key_in
from accounts.credentials import (
    StillValid,
    key_check,
    session_still_valid,
    user_of_session,
)
from accounts.errors import TokenRefused
from accounts.models import Scope, User


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who may read, and the check whether that is still so."""

    user: User
    still_valid: StillValid


def reader_of_session(session_key: str) -> Reader | None:
    """The reader that is signed in with a browser's session."""
    user = user_of_session(session_key)
    return Reader(user, partial(session_still_valid, session_key, user.pk)) if user else None


def reader_of_header(value: str, scope: Scope) -> Reader | None:
    """The reader with an `Authorization: Token …` or `Bearer …` header."""
    try:
        key = key_in(value)
    except TokenRefused:
        return None
    return reader_of_key(key, scope) if key else None


def reader_of_key(key: str, scope: Scope) -> Reader | None:
    """The reader with a token or a JWT that is valid and has this scope."""
    try:
        caller = caller_of_key(key)
    except TokenRefused:
        return None
    still_valid = key_check(caller)
    if still_valid is None or not caller.may(scope):
        return None
    return Reader(caller.user, still_valid)
