"""Both doors for submits as ASGI applications, and what of their answers can be compared."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler

from runs.intake.database import close
from runs.intake.door import lean_door
from tests.asgi import Answer, whole
from web.threads import releasing_connections

PATH = "/api/v1/runs/"
VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"), "an-id"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "a-time"),
    (re.compile(r"\bt=\d+"), "t=s"),
    (re.compile(r"available in \d+ second"), "available in s second"),
)
SECONDS = ("x-ratelimit-reset", "retry-after")


@dataclass(frozen=True)
class Asked:
    """A submit: its body as JSON or as it is, and what is special about its head."""

    body: Any = None
    raw: bytes | None = None
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"

    def scope(self, key: str | None) -> tuple[dict[str, Any], bytes]:
        sent = json.dumps(self.body).encode() if self.raw is None else self.raw
        head = {
            "host": "site",
            "content-type": "application/json",
            "content-length": str(len(sent)),
            "authorization": f"Token {key}",
            **self.headers,
        }
        if key is None:
            head.pop("authorization")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": self.method,
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": self.query.encode(),
            "scheme": "http",
            "root_path": "",
            "headers": [(n.encode(), v.encode("latin-1")) for n, v in head.items() if v],
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 80),
        }
        return scope, sent


class Door:
    """One of the doors; `to_django` counts what Django has answered of it."""

    def __init__(self, *, lean: bool) -> None:
        self.to_django = 0
        self._django = releasing_connections(ASGIHandler())  # type: ignore[arg-type]
        self.application = lean_door(self._counted) if lean else self._counted

    async def _counted(self, scope: Any, receive: Any, send: Any) -> None:
        self.to_django += 1
        await self._django(scope, receive, send)

    async def answer(self, asked: Asked, key: str | None) -> Answer:
        scope, sent = asked.scope(key)
        connection = ApplicationCommunicator(self.application, scope)
        await connection.send_input({"type": "http.request", "body": sent})
        return await whole(connection)

    def answers(self, *asked: Asked, key: str | None) -> list[Answer]:
        """What the requests get, one after another, in an event loop of their own."""

        async def ask() -> list[Answer]:
            try:
                return [await self.answer(one, key) for one in asked]
            finally:
                await close()

        return asyncio.run(ask())


def comparable(answer: Answer) -> dict[str, Any]:
    """Status, headers and body without what differs from one moment to the next."""
    headers = {name.decode().lower(): value.decode() for name, value in answer.headers.items()}
    assert headers.pop("x-request-id")
    # A time or an id may have another length: the server counts what it sends.
    assert int(headers.pop("content-length", len(answer.body))) == len(answer.body)
    for name in SECONDS:
        if name in headers:
            headers[name] = "s"
    told = json.dumps([answer.status, headers, answer.body.decode()])
    for pattern, name in VARYING:
        told = pattern.sub(name, told)
    status, headers, body = json.loads(told)
    said = json.loads(body) if "json" in headers.get("content-type", "") else {"body": body}
    return {"status": status, **headers, **{f"body.{name}": said[name] for name in said}}


def differences(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Any]:
    """The names of what differs between answers, with both values."""
    assert len(old) == len(new)
    return [
        (position, name, one.get(name), other.get(name))
        for position, (one, other) in enumerate(zip(old, new, strict=True))
        for name in {*one, *other}
        if one.get(name) != other.get(name)
    ]
