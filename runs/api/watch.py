"""Lets any number of requests wait for their runs at the price of one query a tick.

Postgres is asked, not Redis: a waiting request neither misses an end nor depends on a hint.
"""

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import InterfaceError, OperationalError

from runs.selectors.runs import Progress, progress_of
from web.connections import in_any_thread
from web.ending import ending

TICK_S = 0.3

Waiting = dict[UUID, list[asyncio.Future[Progress | None]]]

logger = logging.getLogger(__name__)


class Watch:
    """The waiting requests of one event loop; its task lives only while someone waits."""

    def __init__(self) -> None:
        self._waiting: Waiting = {}
        self._task: asyncio.Task[None] | None = None

    async def look(self, run_id: UUID) -> Progress | None:
        """How far the run is at the next tick; None when that can't be told."""
        future: asyncio.Future[Progress | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run_id, []).append(future)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tick())
        return await future

    async def _tick(self) -> None:
        while self._waiting:
            await asyncio.sleep(TICK_S)
            waiting, self._waiting = self._waiting, {}
            found: dict[UUID, Progress] = {}
            try:
                found = await in_any_thread(_read)(waiting.keys())
            finally:
                _tell(waiting, found)


def _tell(waiting: Waiting, found: dict[UUID, Progress]) -> None:
    for run_id, futures in waiting.items():
        for future in futures:
            if not future.done():
                future.set_result(found.get(run_id))


def _read(run_ids: Collection[UUID]) -> dict[UUID, Progress]:
    try:
        return progress_of(run_ids)
    except (OperationalError, InterfaceError) as error:
        logger.warning("waiting requests can't see their runs: %s", error)
        return {}


_watches: "WeakKeyDictionary[asyncio.AbstractEventLoop, Watch]" = WeakKeyDictionary()


def watch() -> Watch:
    """The running loop's watch."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())


async def wait_for_end(run_id: UUID, seconds: float, *, grace_s: float = 0.0) -> bool:
    """Wait until the run has ended; False when the time is up first.

    It is up as well `grace_s` after this process began to end.
    """
    loop, cut_at = asyncio.get_running_loop(), None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while cut_at is None or loop.time() < cut_at:
                progress = await watch().look(run_id)
                if progress and progress.ended:
                    return True
                if cut_at is None and ending().begun:
                    cut_at = loop.time() + grace_s
    return False
