"""The way to `/mcp`; the rest is loaded by the first request that takes it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import import_module
from typing import Any

from web.threads import releasing_connections

PATH = "/mcp"


def with_mcp(site: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """`site`, and at `/mcp` the tools that ask it."""
    # What a tool asks may outlast its own request, and so has threads of its own.
    asked = releasing_connections(site)

    async def routed(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] != PATH:
            await site(scope, receive, send)
            return
        endpoint = await asyncio.to_thread(_loaded)
        await endpoint.answer(asked, scope, receive, send)

    return routed


@cache
def _loaded() -> Any:
    """The endpoint. It takes a second, which only sites that are asked should pay, and no loop."""
    endpoint = import_module("agentsite.mcp_server.endpoint")
    endpoint.prepare()
    return endpoint
