"""The simulator in the test's own process, at full speed: it plays every pattern's task."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from agentsite.simulator.server.app import Options, Simulator
from agentsite.simulator.server.ledger import Ledger
from agentsite.simulator.server.stream import Pace
from runs.engine.types import Spec

TOOLS = ("calculator", "current_time", "web_search")


def spec(key: str, task: str = "What is 6*7, and what is 12*12?", **changes: Any) -> Spec:
    """A run of this pattern."""
    return replace(Spec(task, key, "m-1", tools=TOOLS), **changes)


class Traffic:
    """How many calls have come, and how many of them are under way."""

    def __init__(self) -> None:
        self.begun = self.under_way = 0

    @web.middleware
    async def count(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        if request.method != "POST":
            return await handler(request)
        self.begun += 1
        self.under_way += 1
        try:
            return await handler(request)
        finally:
            self.under_way -= 1


@asynccontextmanager
async def simulator(traffic: Traffic | None = None) -> AsyncIterator[str]:
    """Yields the base URL."""
    app = Simulator(Options(Pace(0, 0), models=frozenset({"m-1", "m-2"})), Ledger(None)).app()
    app.middlewares.append((traffic or Traffic()).count)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
