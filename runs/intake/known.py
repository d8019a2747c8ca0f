"""What submits need to know of the site, read again every second or two while there are any."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from runs.models import KillSwitch
from runs.selectors.kill_switches import switches_on
from runs.selectors.paused_tokens import paused_tokens
from runs.selectors.queue import Queue, present_queue
from runs.services.supply import Supply, present_supply
from web.connections import in_any_thread

FRESH_S = 1.0
# Reading takes at most this part of the time, however long the queue is.
SHARE = 20


@dataclass(frozen=True, slots=True)
class Known:
    """What a run can be made of, the queue that it joins, and what may not be submitted."""

    supply: Supply
    queue: Queue
    switches: Sequence[KillSwitch]
    paused_tokens: frozenset[UUID]


class Keeper:
    """What one event loop knows. It is read anew beside the requests that still use the old."""

    def __init__(self) -> None:
        self._known: Known | None = None
        self._reading: asyncio.Task[Known] | None = None
        self._fresh_until = 0.0
        self._usable_until = 0.0

    async def get(self) -> Known:
        """What is known, a few seconds old at most. Raises Django's `DatabaseError`."""
        now = time.monotonic()
        if self._known is not None and now < self._fresh_until:
            return self._known
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(_seen)
        if self._known is not None and now < self._usable_until:
            return self._known
        return await asyncio.shield(self._reading)

    async def _read(self) -> Known:
        began_at = time.monotonic()
        self._known = await in_any_thread(_present)()
        now = time.monotonic()
        pause_s = max(FRESH_S, SHARE * (now - began_at))
        self._fresh_until, self._usable_until = now + pause_s, now + 2 * pause_s
        return self._known


def _seen(reading: asyncio.Task[Known]) -> None:
    """Who waits for it is told of a failure; where nobody does, the next one is."""
    if not reading.cancelled():
        reading.exception()


def _present() -> Known:
    return Known(present_supply(), present_queue(), switches_on(), paused_tokens())


_keepers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Keeper]" = WeakKeyDictionary()


async def known() -> Known:
    """What this event loop knows."""
    return await _keepers.setdefault(asyncio.get_running_loop(), Keeper()).get()
