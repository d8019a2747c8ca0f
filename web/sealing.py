"""Secrets as the database keeps them: sealed with a key that is made of the site's own."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


class Unreadable(Exception):
    """It was sealed with another key."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """Secrets for one purpose: what is sealed for another can't be opened here."""

    purpose: bytes

    def seal(self, secret: str) -> str:
        """The secret as it is kept; nothing stays nothing."""
        return self._keys().encrypt(secret.encode()).decode() if secret else ""

    def unseal(self, kept: str) -> str:
        """The secret. Raises `Unreadable`."""
        if not kept:
            return ""
        try:
            return self._keys().decrypt(kept.encode()).decode()
        except InvalidToken as error:
            raise Unreadable from error

    def _keys(self) -> MultiFernet:
        """The first one seals; those of keys that were replaced still open."""
        secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        digests = (
            hashlib.sha256(self.purpose + force_bytes(secret)).digest() for secret in secrets
        )
        return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
