"""What viewers get from a worker: committed events at once, text about ten times a second.

Nothing is sent for a run that nobody watches. Redis may fail in any way: it only delays viewers.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from redis.asyncio import Redis

from runs.hints import (
    FIGURES_CHANGED,
    OPERATIONS,
    figures_key,
    group_of,
    hint,
    usage_of,
    watch_key,
)

FLUSH_S = 0.08

logger = logging.getLogger(__name__)


class RunLive:
    """The engine's `Live` port for one run: gathers what the publisher sends, in order."""

    def __init__(self, run_id: UUID, publisher: "Publisher") -> None:
        self.run_id = run_id
        # Known once the run is executed: who pays.
        self.owner_id: int | None = None
        self._publisher = publisher
        self._outbox: list[dict[str, Any]] = []
        self._texts: dict[tuple[str, int], str] = {}
        self._sent: dict[tuple[str, int], int] = {}
        self._watch: bytes | str | None = None

    def text(self, key: str, attempt: int, text: str) -> None:
        """Append to the text of a step that is being written."""
        step = (key, attempt)
        self._texts[step] = self._texts.get(step, "") + text
        self._publisher.dirty(self)

    def close(self, key: str, attempt: int) -> None:
        """The step has ended: its last piece of text goes out before the event that says so."""
        step = (key, attempt)
        text = self._texts.pop(step, "")
        if self._watch is not None and len(text) > self._sent.get(step, 0):
            self._outbox.append(self._delta(step, text))
        self._sent.pop(step, None)

    def events(self, events: Sequence[dict[str, Any]]) -> None:
        """Events that are committed."""
        if events:
            self._outbox.extend(events)
            self._publisher.dirty(self)

    def figures(self) -> set[str]:
        """Groups whose figures may have changed with the events that are to be sent."""
        if not self._outbox:
            return set()
        return {OPERATIONS} if self.owner_id is None else {OPERATIONS, usage_of(self.owner_id)}

    def take(self, watch: bytes | str | None) -> list[dict[str, Any]]:
        """The next messages to viewers; none when nobody watches, since Postgres has the events.

        A changed `watch` value means that a viewer needs the whole text: snapshots go out.
        """
        whole = watch != self._watch
        self._watch = watch
        messages, self._outbox = self._outbox, []
        if watch is None:
            return []
        for step, text in self._texts.items():
            if whole:
                messages.append(self._snapshot(step, text))
            elif len(text) > self._sent.get(step, 0):
                messages.append(self._delta(step, text))
        return messages

    def _snapshot(self, step: tuple[str, int], text: str) -> dict[str, Any]:
        self._sent[step] = len(text)
        return {"type": "text.snapshot", "key": step[0], "attempt": step[1], "text": text}

    def _delta(self, step: tuple[str, int], text: str) -> dict[str, Any]:
        offset = self._sent.get(step, 0)
        self._sent[step] = len(text)
        return {
            "type": "text.delta",
            "key": step[0],
            "attempt": step[1],
            "offset": offset,
            "text": text[offset:],
        }


class Publisher:
    """Sends for all runs of the process: one look at who watches, then one message a run."""

    def __init__(self) -> None:
        self._redis = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1)
        self._dirty: dict[UUID, RunLive] = {}
        self._wake = asyncio.Event()

    def dirty(self, live: RunLive) -> None:
        """Something of this run is to be sent."""
        self._dirty[live.run_id] = live
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.flush()
            await asyncio.sleep(FLUSH_S)

    async def flush(self) -> None:
        """Send everything that is new."""
        lives, self._dirty = list(self._dirty.values()), {}
        if not lives:
            return
        figures = sorted(set().union(*(live.figures() for live in lives)))
        keys = [*(watch_key(live.run_id) for live in lives), *map(figures_key, figures)]
        try:
            watches = await self._redis.mget(keys)
            layer = get_channel_layer()
            for live, watch in zip(lives, watches, strict=False):
                if messages := live.take(watch):
                    await layer.group_send(group_of(live.run_id), hint(messages))
            for group, watch in zip(figures, watches[len(lives) :], strict=True):
                if watch:
                    await layer.group_send(group, FIGURES_CHANGED)
        except Exception:  # whatever is wrong with Redis, runs go on
            logger.warning("live hints not sent; viewers re-read", exc_info=True)

    async def close(self) -> None:
        """Send what is left and drop the connection."""
        await self.flush()
        await self._redis.aclose()
