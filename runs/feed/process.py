"""All that is watched in this process: a feed a run, a board for each kind of figures."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis

from accounts.credentials import StillValid
from runs.feed.board import Board, BoardViewer
from runs.feed.checks import Checks
from runs.feed.log import Kind
from runs.feed.run_feed import RunFeed
from runs.feed.shared import SharedReads
from runs.feed.viewers import RunViewer, Viewer
from web.ending import ending


class Watched:
    """What one event loop watches, as long as someone does."""

    def __init__(self) -> None:
        self.reads = SharedReads()
        self._checks = Checks()
        self._redis = Redis.from_url(settings.REDIS_URL, socket_timeout=None)
        self._runs: dict[UUID, RunFeed] = {}
        self._boards: dict[str, Board] = {}
        self._viewers: dict[RunFeed | Board, set[Viewer]] = {}
        ending().listen(self._send_on)

    @contextmanager
    def run(
        self,
        run_id: UUID,
        *,
        after: int,
        last_seq: int,
        kinds: frozenset[Kind],
        still_valid: StillValid,
    ) -> Iterator[Viewer]:
        """A viewer of a run from the event `after` on; `last_seq` is the run's at least."""
        feed = self._runs.get(run_id)
        if feed is None:
            feed = self._runs[run_id] = RunFeed(run_id, min(after, last_seq), self._redis)
        viewer = RunViewer(feed, after, kinds, self.reads)
        try:
            with self._watching(feed, viewer, still_valid), feed.html(Kind.HTML in kinds):
                yield viewer
        finally:
            if feed not in self._viewers:
                del self._runs[run_id]

    @contextmanager
    def figures(
        self, group: str, read: Callable[[], dict[str, Any]], still_valid: StillValid
    ) -> Iterator[Viewer]:
        """A viewer of what `read` gives; whoever names the same group reads the same."""
        board = self._boards.get(group)
        if board is None:
            board = self._boards[group] = Board(group, read, self._redis)
        viewer = BoardViewer(board)
        try:
            with self._watching(board, viewer, still_valid):
                yield viewer
        finally:
            if board not in self._viewers:
                del self._boards[group]

    @contextmanager
    def _watching(
        self, source: RunFeed | Board, viewer: Viewer, still_valid: StillValid
    ) -> Iterator[None]:
        self._viewers.setdefault(source, set()).add(viewer)
        self._checks.add(viewer, still_valid)
        try:
            yield
        finally:
            self._checks.remove(viewer, still_valid)
            self._viewers[source].discard(viewer)
            if not self._viewers[source]:
                del self._viewers[source]
                source.close()

    def _send_on(self) -> None:
        """Nothing comes here any more: all go on elsewhere."""
        for viewers in self._viewers.values():
            for viewer in viewers:
                viewer.refuse()


_watched: "WeakKeyDictionary[asyncio.AbstractEventLoop, Watched]" = WeakKeyDictionary()


def watched() -> Watched:
    """The running loop's."""
    loop = asyncio.get_running_loop()
    if loop not in _watched:
        _watched[loop] = Watched()
    return _watched[loop]
