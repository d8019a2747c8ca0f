"""Viewers in this process, of runs that a test plays."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from runs.feed.log import Kind
from runs.feed.process import watched
from runs.feed.viewers import Viewer
from runs.models import Run

LATEST_S = 120
SHOWN = frozenset(Kind) - {Kind.HTML}


class Seen:
    """What one viewer was sent, put together as docs/api.md tells clients to."""

    def __init__(self, viewer: Viewer, after: int) -> None:
        self.events: list[dict[str, Any]] = []
        self.texts: dict[tuple[str, int], str] = {}
        self.pings = 0
        self._viewer = viewer
        self._last_seq = after

    async def until(self, done: Callable[["Seen"], object]) -> "Seen":
        """Take messages until it has seen that."""
        async with asyncio.timeout(LATEST_S):
            while not done(self):
                for message in await self._viewer.next():
                    self._take(json.loads(message.json))
        return self

    async def to_the_end(self) -> "Seen":
        """Take messages up to the run's end."""
        return await self.until(lambda seen: seen.ended)

    @property
    def ended(self) -> bool:
        """True once the last event is there."""
        return bool(self.events) and self.events[-1]["type"] == "run.finished"

    def _take(self, message: dict[str, Any]) -> None:
        if "seq" in message:
            assert message["seq"] == self._last_seq + 1, "a gap or a duplicate"
            self._last_seq = message["seq"]
            self.events.append(message)
        elif message["type"] == "ping":
            self.pings += 1
        elif message["type"].startswith("text."):
            step = (message["key"], message["attempt"])
            offset = message.get("offset", 0)
            assert offset <= len(self.texts.get(step, "")), "a hole"
            self.texts[step] = self.texts.get(step, "")[:offset] + message["text"]


@contextmanager
def watching(run: Run, after: int = 0) -> Iterator[Seen]:
    """A viewer of the run, from an event on."""
    with watched().run(
        run.pk, after=after, last_seq=run.last_seq, kinds=SHOWN, still_valid=_always
    ) as viewer:
        yield Seen(viewer, after)


def _always() -> bool:
    return True
