"""A suspect's own process: it executes one run, obeys its worker and shows that it is alive."""

import asyncio
import json
import os
import threading
from uuid import UUID

from structlog.contextvars import bind_contextvars

from runs.executor.execute import execute
from runs.executor.live import RunLive
from runs.executor.resources import open_resources
from runs.executor.signals import RunStop

SIGN_S = 0.5
SIGN = b"."


async def execute_alone(run_id: UUID, epoch: int, signs: int) -> None:
    """Execute the run. `signs` is the descriptor to which signs of life are written.

    The worker's lease covers the run, and orders come from the worker over standard input.
    """
    bind_contextvars(run=str(run_id))
    stop = RunStop()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_obey, args=(loop, stop), name="orders", daemon=True).start()
    async with open_resources() as resources:
        signing = asyncio.create_task(_sign(signs))
        live = RunLive(run_id, resources.publisher)
        # Freed money isn't passed on: a call that waits for it asks again every second.
        await execute(run_id, epoch, stop, live, resources)
        signing.cancel()


async def _sign(signs: int) -> None:
    """Show that the loop turns."""
    while True:
        os.write(signs, SIGN)
        await asyncio.sleep(SIGN_S)


def _obey(loop: asyncio.AbstractEventLoop, stop: RunStop) -> None:
    """Pass the worker's orders on until its pipe closes: without a worker there is no lease."""
    # Not `sys.stdin`: this thread would hold its lock, and Python aborts when it can't have it.
    with open(0, "rb", buffering=0) as orders:
        for line in orders:
            order = json.loads(line)
            loop.call_soon_threadsafe(stop.halt if order["halt"] else stop.drain, order["reason"])
    os._exit(1)
