"""What a request of the protocol says besides its parameters."""

from collections.abc import Mapping
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION
from starlette.requests import Request

from agentsite.mcp_server.follow import Tell
from agentsite.mcp_server.site import Site
from agentsite.mcp_server.tasks import EXTENSION

MODERN = LATEST_MODERN_VERSION
LEGACY = LATEST_HANDSHAKE_VERSION

Context = ServerRequestContext[Any, Any]


def _request(ctx: Context) -> Request:
    """The request over HTTP; there is no other way in."""
    request: Request | None = ctx.request
    assert request is not None  # noqa: S101
    return request


def api_of(ctx: Context) -> Site:
    """The site's API for who sent the request."""
    api: Site = _request(ctx).scope["api"]
    return api


def knows_tasks(ctx: Context) -> bool:
    """True where the client of 2026-07-28 says that it takes a task for a result."""
    capabilities = ctx.session.client_capabilities
    return (
        ctx.protocol_version == MODERN
        and capabilities is not None
        and EXTENSION in (capabilities.extensions or {})
    )


def asks_its_user(ctx: Context) -> bool:
    """True where the client shows its user forms."""
    capabilities = ctx.session.client_capabilities
    asks = capabilities.elicitation if capabilities else None
    # Without a mode, it is forms.
    return asks is not None and (asks.form is not None or asks.url is None)


def teller(ctx: Context) -> Tell:
    """Tells the client of progress, where it asked for that."""

    async def tell(progress: float, words: str) -> None:
        await ctx.session.report_progress(progress, message=words)

    return tell


def trace_of(ctx: Context) -> Mapping[str, str]:
    """The headers that carry the client's trace on: that of the message, else of the request."""
    given = (ctx.meta or {}).get("traceparent") or _request(ctx).headers.get("traceparent")
    return {"traceparent": given} if isinstance(given, str) and given.isascii() else {}
