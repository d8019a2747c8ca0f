"""uvicorn as a part of the process: its HTTP, on the loop that runs already."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from socket import socket
from typing import Any

import uvicorn
from django.conf import settings

from agentsite.server.protocol import BoundedProtocol

# Longer than what proxies keep idle connections, so that none is closed under a request.
IDLE_S = 75


class HttpServer(uvicorn.Server):
    """Serves HTTP, and gives every connection that becomes a WebSocket to `take`."""

    def __init__(
        self, application: Any, host: str, port: int, take: Callable[[socket, bytes], None]
    ) -> None:
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            http=partial(BoundedProtocol, take=take),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            # Whose addresses are trusted is said in our settings.
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=settings.WEB_GRACE_S,  # type: ignore[arg-type]
        )
        super().__init__(config)
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Serve beside what the loop does."""
        self._serving = asyncio.get_event_loop().create_task(self.serve())

    def end(self) -> "asyncio.Future[None]":
        """Take no more connections, and end those that are idle now or in a moment."""
        self.should_exit = True
        return asyncio.ensure_future(self._ended())

    async def _ended(self) -> None:
        if self._serving:
            await self._serving

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The reactor hears them."""
        yield
