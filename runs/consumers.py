"""A run's WebSocket: authorise, replay, forward. Postgres has the truth, Channels is the hint."""

import asyncio
import json
import logging
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from accounts.socket_auth import Reader, reader_of_header, reader_of_key, reader_of_session
from runs.hints import WATCH_S, group_of, new_watch_value, watch_key
from runs.markdown.live import LiveHtml
from runs.selectors.stream import events_after, may_watch

UNREADABLE = 4400
NOT_SIGNED_IN = 4401
FORBIDDEN_ORIGIN = 4403
NOT_FOUND = 4404
REREAD_S = 5.0
SIGN_IN_S = 10.0
MAX_MESSAGE = 1000
STEP_ENDS = frozenset({"step.finished", "step.failed"})

logger = logging.getLogger(__name__)

# Not in the one thread that all would share: a viewer who waits for Postgres holds up no other.
in_thread = partial(database_sync_to_async, thread_sensitive=False)


class RunConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """One viewer of one run. Whatever is lost on the way, the viewer gets every event once."""

    async def connect(self) -> None:
        """Accept, then find out who it is; a browser's session is only taken from our own pages."""
        self.run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        self.last_seq = _after(self.scope["query_string"])
        self.lengths: dict[tuple[str, int], int] = {}
        # Only our own pages show HTML; other clients have the text.
        wants_html = _asked(self.scope["query_string"], "html") == "1"
        self.html = LiveHtml(self.send_json) if wants_html else None
        self.joined = False
        self.background: asyncio.Task[None] | None = None
        self.reading = asyncio.Lock()
        await self.accept()
        headers = dict(self.scope["headers"])
        if b"authorization" in headers:
            value = headers[b"authorization"].decode("latin-1")
            await self._join_or_close(await in_thread(reader_of_header)(value))
            return
        session = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        reader = await in_thread(reader_of_session)(session) if session else None
        if reader is None:
            self.background = asyncio.create_task(self._close_unless_signed_in())
        elif _same_origin(headers):
            await self._join(reader)
        else:
            await self.close(FORBIDDEN_ORIGIN)

    async def receive(self, text_data: str | None = None, **_: Any) -> None:
        """The only message a client sends: its token, when nothing else said who it is."""
        try:
            key = _token_in(text_data)
        except (ValueError, RecursionError):
            await self.close(UNREADABLE)
            return
        if not self.joined:
            await self._join_or_close(await in_thread(reader_of_key)(key))

    async def disconnect(self, code: int) -> None:
        """Stop reading."""
        if self.background is not None:
            self.background.cancel()
        if self.html is not None:
            self.html.close()
        if self.joined:
            with suppress(RedisError, OSError):
                await self.channel_layer.group_discard(group_of(self.run_id), self.channel_name)
                await self.redis.aclose()

    async def run_live(self, message: dict[str, Any]) -> None:
        """A hint from a worker: send what continues the stream, read the rest from Postgres."""
        async with self.reading:
            for hint in message["messages"]:
                if "seq" not in hint:
                    await self._send_text(hint)
                elif hint["seq"] == self.last_seq + 1:
                    await self._send_event(hint)
                elif hint["seq"] > self.last_seq:
                    await self._read()

    async def _join_or_close(self, reader: Reader | None) -> None:
        if reader is None:
            await self.close(NOT_SIGNED_IN)
        else:
            await self._join(reader)

    async def _close_unless_signed_in(self) -> None:
        await asyncio.sleep(SIGN_IN_S)
        if not self.joined:
            await self.close(NOT_SIGNED_IN)

    async def _join(self, reader: Reader) -> None:
        """Join the group first, then replay, so that nothing falls between the two."""
        if not await in_thread(may_watch)(reader.user, self.run_id):
            await self.close(NOT_FOUND)
            return
        self.joined = True
        self.reader = reader
        self.redis = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1)
        if self.background is not None:
            self.background.cancel()
        await self._ask_for_hints()
        async with self.reading:
            await self._read()
        self.background = asyncio.create_task(self._keep_reading())

    async def _ask_for_hints(self) -> None:
        """Join the group and ask for a snapshot; without Redis the re-reads go on alone."""
        try:
            await self.channel_layer.group_add(group_of(self.run_id), self.channel_name)
            await self._ask_for_snapshot()
        except (RedisError, OSError):
            logger.warning("no hints: Redis is away")

    async def _keep_reading(self) -> None:
        """Every few seconds: re-read, say that we watch, and let the client see that we live."""
        while True:
            await asyncio.sleep(REREAD_S)
            try:
                if not await in_thread(self.reader.still_valid)():
                    await self.close(NOT_SIGNED_IN)
                    return
                async with self.reading:
                    await self._read()
            except DatabaseError:
                logger.warning("re-read failed; trying again")
            await self._keep_watching()
            await self.send_json({"type": "ping"})

    async def _read(self) -> None:
        for event in await in_thread(events_after)(self.run_id, self.last_seq):
            await self._send_event(event)

    async def _send_event(self, event: dict[str, Any]) -> None:
        self.last_seq = event["seq"]
        if self.html is not None and event["type"] in STEP_ENDS:
            self.html.end(event)
        await self.send_json(event)

    async def _send_text(self, text: dict[str, Any]) -> None:
        """Text that goes at the end of what the client has; a hole asks for the whole text."""
        step = (text["key"], text["attempt"])
        if text["type"] == "text.delta":
            if text["offset"] > self.lengths.get(step, 0):
                await self._ask_for_hints()
                return
            self.lengths[step] = text["offset"] + len(text["text"])
        else:
            self.lengths[step] = len(text["text"])
        await self.send_json(text)
        if self.html is not None:
            self.html.receive(text)

    async def _ask_for_snapshot(self) -> None:
        await self.redis.set(watch_key(self.run_id), new_watch_value(), ex=WATCH_S)

    async def _keep_watching(self) -> None:
        """Renew what tells the worker that someone watches; it is gone when Redis was emptied."""
        try:
            await self.channel_layer.group_add(group_of(self.run_id), self.channel_name)
            if not await self.redis.expire(watch_key(self.run_id), WATCH_S):
                await self._ask_for_snapshot()
        except (RedisError, OSError):
            logger.warning("no hints: Redis is away")


class NoSuchSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other address."""

    async def connect(self) -> None:
        """Accept first: only then does the client see the code."""
        await self.accept()
        await self.close(NOT_FOUND)


def _token_in(text: str | None) -> str:
    """The key in a client's message, empty without one. Raises `ValueError`."""
    if text is None or len(text) > MAX_MESSAGE:
        raise ValueError("binary or too long")
    content = json.loads(text)
    key = content.get("token") if isinstance(content, dict) else None
    if isinstance(key, str) and not key.isascii():
        raise ValueError("no key has such characters")
    return key if isinstance(key, str) else ""


def _asked(query: bytes, name: str) -> str:
    """The first value of a parameter of the address, empty without one."""
    return parse_qs(query.decode("latin-1")).get(name, [""])[0]


def _after(query: bytes) -> int:
    """The seq after which to begin; anything but a number is the beginning."""
    value = _asked(query, "after")
    return int(value) if value.isdecimal() and len(value) < 10 else 0


def _same_origin(headers: dict[bytes, bytes]) -> bool:
    """A page of another site may not use a reader's session; a client without Origin is no page."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return urlsplit(origin.decode("latin-1")).netloc == host
