"""Figures that change: read once for all who watch them, at most twice a second."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer
from redis.asyncio import Redis

from runs.feed.log import PING, Kind, Log, Message, message_of
from runs.feed.viewers import Viewer
from runs.feed.watch_key import WatchKey
from runs.hints import figures_key
from web.connections import in_any_thread
from web.outages import MAYBE_OUTAGE

GAP_S = 0.5
REREAD_S = 5.0
LOG_BYTES = 50_000
KINDS = frozenset({Kind.EVENT, Kind.PING})

logger = logging.getLogger(__name__)


class Board:
    """What `read` gives, whenever a hint says that it may have changed, and every few seconds."""

    def __init__(self, group: str, read: Callable[[], dict[str, Any]], redis: Redis) -> None:
        self.log = Log(0, LOG_BYTES)
        self.latest: Message | None = None
        self._group = group
        self._read = read
        self._watch = WatchKey(redis, figures_key(group))
        self._due = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_up())]

    def close(self) -> None:
        """Nobody watches any more."""
        for task in self._tasks:
            task.cancel()

    async def _listen(self) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(self._group, channel)
        try:
            while True:
                await layer.receive(channel)
                self._due.set()
        finally:
            await layer.group_discard(self._group, channel)

    async def _keep_up(self) -> None:
        while True:
            self._due.clear()
            await self._watch.renew()
            if not await self._show_what_is_new():
                self.log.append(PING)
            await asyncio.sleep(GAP_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(REREAD_S):
                    await self._due.wait()

    async def _show_what_is_new(self) -> bool:
        try:
            found = message_of(await in_any_thread(self._read)(), Kind.EVENT)
        except MAYBE_OUTAGE as error:
            logger.warning("live figures wait for the database: %s", error)
            return False
        if found == self.latest:
            return False
        self.latest = found
        self.log.append(found)
        return True


class BoardViewer(Viewer):
    """Watches figures; one that is late has the newest ones."""

    def __init__(self, board: Board) -> None:
        super().__init__(board.log, KINDS)
        self._board = board

    async def _missing(self) -> Sequence[Message]:
        self._position = self.log.end
        return [self._board.latest] if self._board.latest else []
