"""The sessions of one run with MCP servers: each is opened once, when its first tool is called."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from runs.engine.tools.mcp.server import Server
from runs.engine.tools.tool import ToolError, ToolUnanswered

if TYPE_CHECKING:
    from mcp_types import CallToolResult

    from runs.engine.tools.mcp.session import Session

CLOSE_S = 0.4
END_S = 0.1

logger = logging.getLogger(__name__)

# Where a server is, by its key. Raises ToolError for one that may not be asked.
Find = Callable[[str], Awaitable[Server]]


class Connections:
    """Calls tools of servers. What a server does wrong is a `ToolError`."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._connected: dict[str, _Connected] = {}
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> "Connections":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all sessions; one that doesn't close soon is cut."""
        await asyncio.gather(*(one.close() for one in self._connected.values()))

    async def call(
        self, key: str, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> "CallToolResult":
        """Call a tool of a server. Raises `ToolError`."""
        server = await self._find(key)
        connected = await self._of(server)
        return await connected.call(tool, arguments, meta)

    async def _of(self, server: Server) -> "_Connected":
        """The session with a server, as it is set up now; a new one where it is lost."""
        async with self._opening:
            found = self._connected.get(server.key)
            if found is None or found.ended or found.server != server:
                if found is not None:
                    await found.close()
                found = self._connected[server.key] = _Connected(server)
            return found


class _Connected:
    """A session that a task of its own opens and closes, so that any task may use it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._closing = asyncio.Event()
        self._lost = "The connection to the server was lost."
        self._session: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold())

    @property
    def ended(self) -> bool:
        """True when nothing can be asked any more."""
        return self._task.done()

    @property
    def opened(self) -> bool:
        """True once something could be asked."""
        return self._session.done() and not self._session.cancelled()

    async def call(
        self, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> "CallToolResult":
        """Call a tool, until the session is lost. Raises `ToolError`."""
        calling = asyncio.create_task(self._called(tool, arguments, meta))
        try:
            await asyncio.wait({calling, self._task}, return_when=asyncio.FIRST_COMPLETED)
            if not calling.done() or calling.cancelled():
                raise (ToolUnanswered if self.opened else ToolError)(self._lost)
            return calling.result()
        finally:
            calling.cancel()

    async def _called(
        self, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> "CallToolResult":
        from runs.engine.tools.mcp.faults import answered, words_of

        session = await asyncio.shield(self._session)
        try:
            return await session.call(tool, arguments, meta)
        except Exception as error:
            # When the session is lost with it, the next call finds it ended.
            await asyncio.wait({self._task}, timeout=END_S)
            raise (ToolError if answered(error) else ToolUnanswered)(words_of(error)) from error

    async def _hold(self) -> None:
        """Keep the session open. How it fails is told to whoever waits for it."""
        # The import takes a second, which only runs that use a server should pay, and no loop.
        await asyncio.to_thread(import_module, "runs.engine.tools.mcp.session")
        from runs.engine.tools.mcp.faults import words_of
        from runs.engine.tools.mcp.session import opened

        try:
            async with opened(self.server) as session:
                self._session.set_result(session)
                await self._closing.wait()
        except Exception as error:
            self._lost = words_of(error)
            logger.info("session lost", extra={"server": self.server.key, "why": self._lost})
        finally:
            self._session.cancel()

    async def close(self) -> None:
        """Close it in its own task; cut it when the server takes too long."""
        self._closing.set()
        for _ in range(2):
            await asyncio.wait({self._task}, timeout=CLOSE_S)
            if self._task.done():
                return
            self._task.cancel()
