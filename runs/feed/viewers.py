"""One viewer's place in what it watches. A viewer that is slow or late hurts no other."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from uuid import UUID

from runs.feed.log import Kind, Log, Message, message_of
from runs.feed.run_feed import RunFeed
from runs.feed.shared import SharedReads
from runs.selectors.stream import events_after
from web.outages import MAYBE_OUTAGE

RETRY_S = 1.0

logger = logging.getLogger(__name__)


class Viewer(ABC):
    """Reads a log. What it lacks where the log begins is up to its kind."""

    def __init__(self, log: Log, kinds: frozenset[Kind], seq: int = 0) -> None:
        self.log = log
        self.kinds = kinds
        self.seq = seq
        self._position: int | None = None
        self._refused = False

    def refuse(self) -> None:
        """It may no longer watch, or not here."""
        self._refused = True
        self.log.wake()

    async def next(self) -> Sequence[Message]:
        """What comes next, at least one message; none once it is refused."""
        while not self._refused:
            if wanted := [one for one in await self._next() if self._wants(one)]:
                self.seq = max(self.seq, *(one.seq or 0 for one in wanted))
                return wanted
        return ()

    async def _next(self) -> Sequence[Message]:
        if self._position is None or self._position < self.log.begin:
            return await self._missing()
        if self._position == self.log.end:
            await self.log.grown.wait()
            return ()
        found = self.log.since(self._position)
        self._position = self.log.end
        return found

    def _wants(self, message: Message) -> bool:
        return message.kind in self.kinds and (message.seq is None or message.seq > self.seq)

    @abstractmethod
    async def _missing(self) -> Sequence[Message]:
        """What brings it nearer to the log's end; `_position` is set once it is there."""


class RunViewer(Viewer):
    """Watches a run from the event `seq` on."""

    def __init__(self, feed: RunFeed, seq: int, kinds: frozenset[Kind], reads: SharedReads) -> None:
        super().__init__(feed.log, kinds, seq)
        self._feed = feed
        self._reads = reads

    async def _missing(self) -> Sequence[Message]:
        if self.seq >= self.log.last_seq:
            self._position = self.log.end
            return self._feed.texts()
        if self.seq >= self.log.complete_after:
            return self.log.events_after(self.seq)
        return await self._stored()

    async def _stored(self) -> Sequence[Message]:
        try:
            found = await self._reads.read(stored_events, self._feed.run_id, self.seq)
        except MAYBE_OUTAGE as error:
            logger.warning("a viewer waits for the database: %s", error)
            await asyncio.sleep(RETRY_S)
            return ()
        if not found:
            # The run was deleted.
            self.seq = self.log.last_seq
        return found


def stored_events(run_id: UUID, seq: int) -> list[Message]:
    """Some events after this one."""
    return [message_of(event, Kind.EVENT) for event in events_after(run_id, seq)[0]]
