"""One run as this process sees it: hints from Redis, what they leave out from Postgres."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from redis.asyncio import Redis

from runs.channel_layer import FROM_HERE
from runs.feed.log import PING, Kind, Log, Message, message_of
from runs.feed.watch_key import WatchKey
from runs.hints import group_of, watch_key
from runs.markdown.live import LiveHtml
from runs.selectors.stream import events_after
from web.connections import in_any_thread
from web.outages import MAYBE_OUTAGE

REREAD_S = 5.0
LOG_BYTES = 500_000
STEP_ENDS = frozenset({"step.finished", "step.failed"})
# What was being written before these is written anew, or no more.
TEXT_ENDS = frozenset({"run.started", "run.finished"})

Step = tuple[str, int]

logger = logging.getLogger(__name__)


class RunFeed:
    """Fills the log of a run. What is lost on the way is read again, at most seconds later."""

    def __init__(self, run_id: UUID, seq: int, redis: Redis) -> None:
        self.run_id = run_id
        self.log = Log(seq, LOG_BYTES)
        self._texts: dict[Step, str] = {}
        self._html: LiveHtml | None = None
        self._html_viewers = 0
        self._watch = WatchKey(redis, watch_key(run_id))
        self._taking = asyncio.Lock()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_up())]

    def close(self) -> None:
        """Nobody watches any more."""
        for task in self._tasks:
            task.cancel()

    def texts(self) -> list[Message]:
        """What is being written, as whole as it is known."""
        return [message_of(_snapshot(step, text), Kind.TEXT) for step, text in self._texts.items()]

    @contextmanager
    def html(self, wanted: bool) -> Iterator[None]:
        """Lay out what is written, once for all who want that; what there is by now, too."""
        if not wanted:
            yield
            return
        if self._html is None:
            self._html = LiveHtml(self._append_html)
        self._html_viewers += 1
        for step, text in self._texts.items():
            self._html.receive(_snapshot(step, text))
        try:
            yield
        finally:
            self._html_viewers -= 1
            if not self._html_viewers:
                self._html.close()
                self._html = None

    async def _listen(self) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(group_of(self.run_id), channel)
        try:
            await self._read_what_is_new()
            while True:
                message = await layer.receive(channel)
                if message is FROM_HERE:
                    await self._read_what_is_new()
                    await self._watch.ask()
                else:
                    await self._take(message["messages"])
        finally:
            await layer.group_discard(group_of(self.run_id), channel)

    async def _keep_up(self) -> None:
        """Every few seconds: read again, say that we watch, and let clients see that we live."""
        while True:
            await asyncio.sleep(REREAD_S)
            await self._read_what_is_new()
            await self._watch.renew()
            self.log.append(PING)

    async def _take(self, hints: list[dict[str, Any]]) -> None:
        async with self._taking:
            for hint in hints:
                if "seq" not in hint:
                    await self._take_text(hint)
                elif hint["seq"] == self.log.last_seq + 1:
                    self._take_event(hint)
                elif hint["seq"] > self.log.last_seq:
                    await self._read()

    async def _read_what_is_new(self) -> None:
        async with self._taking:
            await self._read()

    async def _read(self) -> None:
        try:
            more = True
            while more:
                found, more = await in_any_thread(events_after)(self.run_id, self.log.last_seq)
                for event in found:
                    self._take_event(event)
        except MAYBE_OUTAGE as error:
            logger.warning("a live run waits for the database: %s", error)

    def _take_event(self, event: dict[str, Any]) -> None:
        if event["type"] in STEP_ENDS:
            self._texts.pop((event["data"].get("key"), event["data"].get("attempt")), None)
            if self._html is not None:
                self._html.end(event)
        elif event["type"] in TEXT_ENDS:
            self._texts.clear()
        self.log.append(message_of(event, Kind.EVENT))

    async def _take_text(self, text: dict[str, Any]) -> None:
        """Text that goes at the end of what is known; a hole asks for the whole text."""
        step = (text["key"], text["attempt"])
        known = self._texts.get(step)
        if text["type"] == "text.snapshot":
            if known is not None and text["text"].startswith(known):
                # Another process has asked: our viewers lack the end of it at most.
                text = _delta(step, len(known), text["text"][len(known) :])
                if not text["text"]:
                    return
        elif text["offset"] > len(known or ""):
            await self._watch.ask()
            return
        offset = text.get("offset", 0)
        self._texts[step] = (known or "")[:offset] + text["text"]
        self.log.append(message_of(text, Kind.TEXT))
        if self._html is not None:
            self._html.receive(text)

    async def _append_html(self, html: dict[str, Any]) -> None:
        self.log.append(message_of(html, Kind.HTML))


def _snapshot(step: Step, text: str) -> dict[str, Any]:
    return {"type": "text.snapshot", "key": step[0], "attempt": step[1], "text": text}


def _delta(step: Step, offset: int, text: str) -> dict[str, Any]:
    key, attempt = step
    return {"type": "text.delta", "key": key, "attempt": attempt, "offset": offset, "text": text}
