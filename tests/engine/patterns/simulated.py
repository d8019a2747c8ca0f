"""The simulator in the test's own process, at full speed: it plays every pattern."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from agentsite.simulator.server.app import Options, Simulator
from agentsite.simulator.server.ledger import Ledger
from agentsite.simulator.server.stream import Pace


@asynccontextmanager
async def simulator() -> AsyncIterator[str]:
    """Yields the base URL."""
    app = Simulator(Options(Pace(0, 0), models=frozenset({"m-1"})), Ledger(None)).app()
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
