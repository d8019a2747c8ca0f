"""A session with one MCP server: 2026-07-28 where it is spoken, else the handshake of 2025."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from mcp import ClientSession, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    HEADER_MISMATCH,
    CallToolResult,
    Implementation,
    ListToolsResult,
    PaginatedRequestParams,
    RequestParamsMeta,
)
from pydantic import ValidationError

from runs.engine.tools.mcp.server import Server
from runs.engine.tools.mcp.transport import MAX_BYTES, TIMEOUT_S, http_client

MAX_PAGES = 10
CLIENT = Implementation(name="agentsite", version="1")


class Session(ClientSession):
    """What it asks of a server. What a server asks of its client is refused."""

    async def validate_tool_result(self, name: str, result: CallToolResult) -> None:
        """Nothing: results are checked against the schema that the run was submitted with."""

    async def negotiate(self) -> None:
        """Agree on a version of the protocol."""
        try:
            await self.discover()
        except (MCPError, RuntimeError, ValidationError):
            await self.initialize()

    async def pages(self) -> list[ListToolsResult]:
        """The pages of the list of tools, as far as they are read."""
        pages: list[ListToolsResult] = []
        cursor: str | None = None
        while len(pages) < MAX_PAGES and (cursor or not pages):
            pages.append(await self.list_tools(params=PaginatedRequestParams(cursor=cursor)))
            cursor = pages[-1].next_cursor
        return pages

    async def call(
        self, name: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> CallToolResult:
        """Call a tool. Where headers are wanted that its list tells, read that and call again."""
        beside = cast(RequestParamsMeta, dict(meta)) if meta else None
        try:
            return await self.call_tool(name, dict(arguments), meta=beside)
        except MCPError as error:
            if error.code != HEADER_MISMATCH or not self.discover_result:
                raise
        await self.pages()
        return await self.call_tool(name, dict(arguments), meta=beside)


@asynccontextmanager
async def opened(server: Server, most_bytes: int = MAX_BYTES) -> AsyncIterator[Session]:
    """A session, which is closed in the same task."""
    async with (
        http_client(server, most_bytes) as client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=most_bytes) as (
            read,
            write,
        ),
        Session(read, write, read_timeout_seconds=TIMEOUT_S, client_info=CLIENT) as session,
    ):
        await session.negotiate()
        yield session
