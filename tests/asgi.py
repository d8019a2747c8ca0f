"""Requests to the ASGI application in this process, without a server before it."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from asgiref.testing import ApplicationCommunicator
from channels.testing import HttpCommunicator
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler

from agentsite.static import CollectedStaticFiles

WAIT_S = 90


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


@cache
def _pages() -> ASGIHandler:
    """The application as a server has it: made once."""
    return get_asgi_application()


@cache
def _site() -> CollectedStaticFiles:
    """Pages and static files."""
    return CollectedStaticFiles(_pages())


async def ask(path: str, *, method: str = "GET", host: str = "site", cookie: str = "") -> Answer:
    """Send a request without a body and read the whole answer."""
    headers = [(b"host", host.encode("latin-1"))]
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": quote(path, safe="/%").encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 80),
    }
    connection = ApplicationCommunicator(_site(), scope)
    await connection.send_input({"type": "http.request", "body": b""})
    return await whole(connection)


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
    return HttpCommunicator(_pages(), method, path, raw, sent)


def unseen(body: bytes) -> None:
    """Nobody looks at an answer before its end."""


async def whole(
    connection: ApplicationCommunicator, seen: Callable[[bytes], None] = unseen
) -> Answer:
    """Read an answer to its end; `seen` is told what has come so far."""
    start = await connection.receive_output(WAIT_S)
    body, more = b"", True
    while more:
        part = await connection.receive_output(WAIT_S)
        body, more = body + part.get("body", b""), part.get("more_body", False)
        seen(body)
    await connection.wait()
    return Answer(start["status"], dict(start["headers"]), body)
