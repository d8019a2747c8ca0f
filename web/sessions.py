"""Sessions in the database, under keys that the database takes."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Nobody is signed in under a key of other characters than ours have, such as null."""

    def _validate_session_key(self, key: Any) -> bool:
        ours = bool(super()._validate_session_key(key))  # type: ignore[misc]
        return ours and key.isascii() and key.isalnum()
