"""Who is at the other end of a WebSocket: the same tokens as the API's, checked the same way."""

from dataclasses import dataclass
from functools import partial

from accounts.credentials import (
    StillValid,
    session_still_valid,
    token_still_valid,
    user_of_session,
)
from accounts.models import Scope, User
from accounts.services import TokenRefused, authenticate_key

SCHEMES = ("token", "bearer")


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who may read runs, and the check whether that is still so."""

    user: User
    still_valid: StillValid


def reader_of_session(session_key: str) -> Reader | None:
    """The reader that is signed in with a browser's session."""
    user = user_of_session(session_key)
    return Reader(user, partial(session_still_valid, session_key, user.pk)) if user else None


def reader_of_header(value: str) -> Reader | None:
    """The reader with an `Authorization: Token …` or `Bearer …` header."""
    scheme, _, key = value.partition(" ")
    return reader_of_key(key.strip()) if scheme.lower() in SCHEMES else None


def reader_of_key(key: str) -> Reader | None:
    """The reader with a token that is valid and may read runs."""
    try:
        token = authenticate_key(key)
    except TokenRefused:
        return None
    if Scope.RUNS_READ not in token.scopes:
        return None
    return Reader(token.user, partial(token_still_valid, token.pk))
