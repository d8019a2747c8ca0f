"""Who is at the other end of a WebSocket: the same tokens as the API's, checked the same way."""

from channels.db import database_sync_to_async

from accounts.models import Scope, User
from accounts.services import TokenRefused, authenticate_key

SCHEMES = ("token", "bearer")


async def user_of_header(value: str) -> User | None:
    """The user of an `Authorization: Token …` or `Bearer …` header."""
    scheme, _, key = value.partition(" ")
    return await user_of_key(key.strip()) if scheme.lower() in SCHEMES else None


async def user_of_key(key: str) -> User | None:
    """The user of a token that is valid and may read runs."""
    user: User | None = await database_sync_to_async(_reader)(key)
    return user


def _reader(key: str) -> User | None:
    try:
        token = authenticate_key(key)
    except TokenRefused:
        return None
    return token.user if Scope.RUNS_READ in token.scopes else None
