"""JWTs as another party makes them, and as none should."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "a-secret-of-at-least-32-bytes-for-tests"


def signed(*, key: str = SECRET, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A JWT that is good for a minute, with these claims; what is None is left out."""
    claims = {"exp": int(time.time()) + 60, **claims}
    said = {name: value for name, value in claims.items() if value is not None}
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT', **(header or {})})}.{_part(said)}"
    return f"{text}.{_base64(hmac.digest(key.encode(), text.encode(), hashlib.sha256))}"


def _part(content: dict[str, Any]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
