"""The site's key for statements, made of its own secret; those of older secrets are still known."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils.encoding import force_bytes

PURPOSE = b"agentsite.signed-statement"
ALGORITHM = "Ed25519"
SEED_BYTES = 32
ID_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class StatementKey:
    """A pair of keys; `key_id` names it in statements."""

    private: Ed25519PrivateKey

    @property
    def public_key(self) -> str:
        """The public half, in base64."""
        return base64.b64encode(self._raw).decode()

    @property
    def key_id(self) -> str:
        """The beginning of the public key's SHA-256."""
        return hashlib.sha256(self._raw).hexdigest()[:ID_CHARACTERS]

    @property
    def _raw(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, content: bytes) -> str:
        """The signature, in base64."""
        return base64.b64encode(self.private.sign(content)).decode()


def statement_keys() -> list[StatementKey]:
    """The first one signs; the others are of secrets that were replaced."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [_made_of(force_bytes(secret)) for secret in secrets]


def _made_of(secret: bytes) -> StatementKey:
    derived = HKDF(algorithm=SHA256(), length=SEED_BYTES, salt=None, info=PURPOSE)
    return StatementKey(Ed25519PrivateKey.from_private_bytes(derived.derive(secret)))
