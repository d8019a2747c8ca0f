"""Threads that work for requests: none of them keeps a database connection.

Django closes connections in the request's own thread, at the end of a request that ends well. It
also renders error pages in other threads, and a request that is cut off may never end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

from asgiref.sync import ThreadSensitiveContext

from web.connections import releasing

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

P = ParamSpec("P")
R = TypeVar("R")

_served: "WeakSet[asyncio.AbstractEventLoop]" = WeakSet()


class SharedThreads(ThreadPoolExecutor):
    """An event loop's pool of threads: each piece of work gives its connection back."""

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run `function` in one of the threads."""
        return super().submit(releasing(function), *args, **kwargs)


class RequestThread(ThreadPoolExecutor):
    """The one thread in which all synchronous parts of a request run."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self._used = False

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run `function` in the thread."""
        self._used = True
        return super().submit(function, *args, **kwargs)

    def end(self) -> None:
        """Give the connection back once what still runs has ended. Waits for nothing."""
        if self._used:
            self.submit(releasing(_nothing))
        self.shutdown(wait=False)


def _nothing() -> None:
    """What is left to do in the thread of a request that is over."""


def releasing_connections(application: Application) -> Application:
    """Guard an ASGI application: whatever ends a request, its threads keep no connection."""

    async def released(scope: Message, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        if loop not in _served:
            _served.add(loop)
            loop.set_default_executor(SharedThreads(thread_name_prefix="shared"))
        thread = RequestThread()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await application(scope, receive, send)
        finally:
            thread.end()

    return released
