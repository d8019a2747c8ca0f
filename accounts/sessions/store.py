"""The session engine: sessions that are known to their users, and when they were last used."""

import time
from typing import Any

from django.db.models.functions import Now

from accounts.sign_in_models import SignIn
from web.sessions import SessionStore as PlainStore

# A process notes the use of a session no more often.
NOTED_S = 300
MOST = 10_000
SIGNED_IN = "_auth_user_id"

_noted: dict[str, float] = {}


class SessionStore(PlainStore):
    """Whoever reads a session of someone who is signed in has seen them."""

    def load(self) -> dict[str, Any]:
        """Its data."""
        data: dict[str, Any] = super().load()
        if SIGNED_IN in data and self.session_key:
            note_use(self.session_key)
        return data

    def cycle_key(self) -> None:
        """Take a new key; the sign-in goes with it."""
        old = self.session_key
        super().cycle_key()
        if old and self.session_key:
            SignIn.objects.filter(session_key=old).update(session_key=self.session_key)


def note_use(key: str) -> None:
    """Note that a session is in use, unless that was just done."""
    now = time.monotonic()
    if now - _noted.get(key, -NOTED_S) < NOTED_S:
        return
    note_known(key)
    SignIn.objects.filter(session_key=key).update(seen_at=Now())


def note_known(key: str) -> None:
    """Its use is on record for the next minutes."""
    if len(_noted) >= MOST:
        _noted.clear()
    _noted[key] = time.monotonic()
