"""What the tools of a run may do at this moment, as staff have set it by now."""

from collections.abc import Container

from runs.engine.tools.mcp.server import Server
from runs.engine.tools.tool import ToolError
from runs.executor.database import Database
from runs.mcp.servers import server_of

READ_SERVER = """
    SELECT key, url, token, internal FROM runs_mcpserver WHERE key = %s AND enabled
"""
FORBIDDEN = "SELECT reason FROM runs_forbiddentool WHERE name = %s"
ALLOWED = """
    SELECT 1 FROM runs_mcptool t JOIN runs_mcpserver s ON s.id = t.server_id
    WHERE t.call_name = %s AND t.allowed AND s.enabled
"""
NOT_ALLOWED = "Staff no longer allow this tool on this site."


class McpServers:
    """Finds servers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key: str) -> Server:
        """Where a server is now. Raises `ToolError`."""
        rows = await self._database.fetch(READ_SERVER, key)
        if not rows:
            raise ToolError("This server is switched off.")
        return server_of(*rows[0])


class ToolPermits:
    """Says whether a tool may be used. `declared` are the names of other servers' tools."""

    def __init__(self, database: Database, declared: Container[str]) -> None:
        self._database = database
        self._declared = declared

    async def refusal(self, tool: str) -> str:
        """Why it may not, in words for the model; empty where it may."""
        if tool in self._declared:
            return "" if await self._database.fetch(ALLOWED, tool) else NOT_ALLOWED
        rows = await self._database.fetch(FORBIDDEN, tool)
        return f"{NOT_ALLOWED} {rows[0][0]}".strip() if rows else ""
