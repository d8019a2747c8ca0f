"""Who is at the other end of a WebSocket: the same tokens as the API's, checked the same way."""

from channels.db import database_sync_to_async

from accounts.models import ApiToken, Scope, User

SCHEMES = ("token", "bearer")


async def user_of_header(value: str) -> User | None:
    """The user of an `Authorization: Token …` or `Bearer …` header."""
    scheme, _, key = value.partition(" ")
    return await user_of_key(key.strip()) if scheme.lower() in SCHEMES else None


async def user_of_key(key: str) -> User | None:
    """The active user of a token that is good and may read runs."""
    token = await database_sync_to_async(ApiToken.objects.by_key)(key)
    if token is None or token.expired or Scope.RUNS_READ not in token.scopes:
        return None
    return token.user if token.user.is_active else None
