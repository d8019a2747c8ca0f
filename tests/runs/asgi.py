"""Requests to the real ASGI application."""

import json
from typing import Any

from channels.testing import HttpCommunicator
from django.core.asgi import get_asgi_application


def request(key: str, method: str, path: str, body: Any = None, **headers: str) -> HttpCommunicator:
    """A request with this API key; `body` is sent as JSON."""
    raw = b"" if body is None else json.dumps(body).encode()
    sent = [
        (b"host", b"testserver"),
        (b"authorization", f"Token {key}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(raw)).encode()),
        *((name.encode(), value.encode()) for name, value in headers.items()),
    ]
    return HttpCommunicator(get_asgi_application(), method, path, raw, sent)
