"""MCP servers of a test's site."""

from typing import Any

from runs.mcp.refresh import refresh
from runs.models.tools import McpServer
from runs.sealing import MCP_TOKENS
from tests.mcp_server import Site


def set_up(site: Site, **fields: Any) -> McpServer:
    """A server that has listed its tools."""
    server = McpServer.objects.create(
        **{"key": "w", "label": "Weather", "url": site.url, "internal": True} | fields,
        token=MCP_TOKENS.seal("s3cret"),
    )
    refresh(server)
    return server
