"""The MCP server in this process, asked as its clients do, byte by byte."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from accounts.models import ApiToken
from agentsite.asgi import application
from tests.mcp_messages import HOST, message, reply_in


@pytest.fixture
def key(alice) -> str:
    return ApiToken.objects.issue(user=alice, name="test")[1]


@pytest.fixture
def transport() -> httpx2.ASGITransport:
    """For a client in this process."""
    asgi: Any = application
    return httpx2.ASGITransport(asgi)


@pytest.fixture
def send(key: str, transport: httpx2.ASGITransport) -> Callable[..., httpx2.Response]:
    """Send a request to `/mcp`, by default with the owner's token."""

    def send(
        content: bytes | str | dict[str, Any] = b"", *, method: str = "POST", **headers: str | None
    ) -> httpx2.Response:
        given = {
            "authorization": f"Bearer {key}",
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = {name: value for name, value in given.items() if value is not None}
        body = json.dumps(content) if isinstance(content, dict) else content

        async def ask() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
                return await client.request(method, "/mcp", content=body, headers=sent)

        return asyncio.run(ask())

    return send


@pytest.fixture
def ask(send: Callable[..., httpx2.Response]) -> Callable[..., Any]:
    """Send a message of a version and give the answer's body."""

    def ask(version: str, method: str, **options: Any) -> Any:
        body, headers = message(version, method, **options)
        answer = send(body, **headers)
        return reply_in(answer)

    return ask
