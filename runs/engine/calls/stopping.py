"""Whether a call may begin, waiting that ends at a halt, and waiting that does not end early."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from runs.engine.errors import MustConclude, Stopped
from runs.engine.ports import Stop

T = TypeVar("T")


def check(stop: Stop, *, closing: bool) -> None:
    """Raise `Stopped` or `MustConclude` when no further call may begin."""
    if stop.halted or stop.reason not in ("", "deadline"):
        raise Stopped(stop.reason)
    if stop.reason and not closing:
        raise MustConclude("deadline")


async def until_halted(work: Coroutine[Any, Any, T], stop: Stop) -> T:
    """Run `work`, or cut it at once when the run is halted. It is over when this returns.

    Raises `Stopped` when the work was cut.
    """
    task = asyncio.ensure_future(work)
    halt = asyncio.ensure_future(stop.wait_halted())
    try:
        await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        halt.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise Stopped(stop.reason)
    return task.result()


async def see_through(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end even if this task is cancelled; the cancellation is raised then."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
