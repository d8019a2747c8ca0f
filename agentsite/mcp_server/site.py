"""The site's own API, asked in this process for the one whose token came with a request."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from httpx2 import ASGITransport, Request, Response
from starlette.types import Scope

# ASGI, as each library spells it.
Application = Callable[..., Awaitable[None]]

# Who asks, from where, and by which name. No cookies: a browser's session is nobody here.
PASSED_ON = frozenset(
    (
        *("host", "authorization", "user-agent", "forwarded"),
        *("x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"),
    )
)
# Of a client behind a Unix socket.
NOWHERE = ("", 0)
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
RUNS = "/api/v1/runs/"


# The loop itself keeps no task alive.
_asking: set[asyncio.Task[Response]] = set()


class Refused(Exception):
    """The API refused; `problem` is its answer."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status: int = problem["status"]

    @property
    def sentence(self) -> str:
        """What is wrong, for a model or a person."""
        return f"{self.problem['code']}: {self.problem['detail']}"

    @classmethod
    def because(cls, detail: str) -> "Refused":
        """What this server refuses itself, as the API would."""
        return cls({"status": 400, "code": "invalid", "detail": detail})


class Site:
    """The API as one caller may use it: who sent the request of this `scope`."""

    def __init__(self, application: Application, scope: Scope) -> None:
        given = (
            (name.decode("latin-1"), text.decode("latin-1")) for name, text in scope["headers"]
        )
        self._headers = {name: text for name, text in given if name in PASSED_ON}
        self._transport = ASGITransport(application, client=scope.get("client") or NOWHERE)
        self._base = f"{scope['scheme']}://site"
        host = self._headers.get("host", "")
        self.url = settings.PUBLIC_URL or f"{scope['scheme']}://{host}"

    async def answer(
        self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] = NO_HEADERS
    ) -> Response:
        """Whatever comes back. What was begun is ended, also where nobody waits for it any more."""
        request = Request(
            method, f"{self._base}{path}", headers={**self._headers, **headers}, content=content
        )
        asking = asyncio.get_running_loop().create_task(self._whole(request), context=Context())
        _asking.add(asking)
        asking.add_done_callback(_asking.discard)
        return await asyncio.shield(asking)

    async def _whole(self, request: Request) -> Response:
        answer = await self._transport.handle_async_request(request)
        await answer.aread()
        return answer

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> dict[str, Any]:
        """The JSON of a success. Raises `Refused`."""
        target = f"{path}?{urlencode(query, errors='surrogatepass')}" if query else path
        content = b"" if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"content-type": "application/json"}
        answer = await self.answer(method, target, content, {**kind, **headers})
        if not answer.is_success:
            raise Refused(_problem(answer))
        found: dict[str, Any] = answer.json()
        return found

    async def run(self, run_id: str) -> dict[str, Any]:
        """One of the caller's runs. Raises `Refused`."""
        return await self.ask("GET", f"{RUNS}{run_id}/")

    async def events(self, run_id: str, after: int) -> list[dict[str, Any]]:
        """The next events of a run, up to a page of them. Raises `Refused`."""
        page = await self.ask("GET", f"{RUNS}{run_id}/events/", query={"after": after})
        events: list[dict[str, Any]] = page["results"]
        return events


def _problem(answer: Response) -> dict[str, Any]:
    """The problem of an answer; one is made of what was refused before it came to the API."""
    if answer.headers.get("content-type", "").endswith("json"):
        problem: dict[str, Any] = answer.json()
        return problem
    return {"status": answer.status_code, "code": "invalid", "detail": answer.text.strip()}
