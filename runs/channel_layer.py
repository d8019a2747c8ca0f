"""The channel layer: one Redis subscription a process, which all who listen in it share."""

import asyncio
import json
import logging
from collections.abc import Iterable
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

import redis
from channels.layers import BaseChannelLayer
from redis.asyncio import Connection, ConnectionPool, Redis
from redis.exceptions import RedisError

Message = dict[str, Any]

# The first message of whoever joins a group, and again whenever others may have been missed: what
# is sent from here on arrives. So whoever reads the truth now, and then listens, misses nothing.
FROM_HERE: Message = {"type": "group.from.here"}
KEPT = 1000  # messages that a channel keeps for a receiver that is busy
RETRY_S = 0.5
PING_S = 5.0
SILENCE_S = 12.0  # a connection without an answer to its pings is dead
# Limits of time are ours: the client's own may lose a cancellation, and its task would never end.
ANSWER_S = 2.0

logger = logging.getLogger(__name__)


class SharedSubscriptionLayer(BaseChannelLayer):  # type: ignore[misc]
    """Groups over Redis pub/sub. Nothing here fails or waits because Redis is away but a send."""

    extensions = ("groups",)

    def __init__(self, url: str, prefix: str) -> None:
        super().__init__()
        self._url = url
        self._prefix = f"{prefix}:"
        self._subscriptions: WeakKeyDictionary[asyncio.AbstractEventLoop, Subscription] = (
            WeakKeyDictionary()
        )
        self._threads_redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)

    async def new_channel(self, prefix: str = "specific") -> str:
        """A channel of this process, for one receiver."""
        return self._here().new_channel(prefix)

    async def receive(self, channel: str) -> Message:
        """The channel's next message. A receiver that is cancelled has ended, and its channel."""
        return await self._here().receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        """Let the channel have what is sent to the group; `FROM_HERE` says from when on."""
        self._here().add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Let the channel no longer have it."""
        self._here().discard(group, channel)

    async def group_send(self, group: str, message: Message) -> None:
        """Send to the group's channels in all processes. Raises `RedisError` or `OSError`."""
        async with asyncio.timeout(ANSWER_S):
            await self._here().redis.publish(self.redis_channel(group), json.dumps(message))

    def redis_channel(self, group: str) -> str:
        """Where Redis carries what is sent to the group."""
        return self._prefix + group

    def send_from_thread(self, group: str, message: Message) -> None:
        """The same without an event loop."""
        self._threads_redis.publish(self.redis_channel(group), json.dumps(message))

    def _here(self) -> "Subscription":
        loop = asyncio.get_running_loop()
        if loop not in self._subscriptions:
            self._subscriptions[loop] = Subscription(self._url, self._prefix)
        return self._subscriptions[loop]


class Subscription:
    """An event loop's connection to Redis, and which of its channels hear of which groups."""

    def __init__(self, url: str, prefix: str) -> None:
        self.redis = Redis.from_url(url, socket_timeout=None)
        self._prefix = prefix
        self._pool = ConnectionPool.from_url(url, socket_timeout=None, protocol=2)
        self._channels: dict[str, asyncio.Queue[Message]] = {}
        self._members: dict[str, set[str]] = {}
        self._confirmed: set[str] = set()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def new_channel(self, prefix: str) -> str:
        """A name that nothing else has."""
        channel = f"{prefix}.{uuid4().hex}"
        self._channels[channel] = asyncio.Queue(KEPT)
        return channel

    async def receive(self, channel: str) -> Message:
        """The channel's next message."""
        try:
            return await self._channels[channel].get()
        except asyncio.CancelledError:
            self._channels.pop(channel, None)
            raise

    def add(self, group: str, channel: str) -> None:
        """Subscribe, unless that is done."""
        self._members.setdefault(group, set()).add(channel)
        if group in self._confirmed:
            self._tell([channel], FROM_HERE)
        self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._stay_connected())

    def discard(self, group: str, channel: str) -> None:
        """Unsubscribe with the last channel."""
        members = self._members.get(group, set())
        members.discard(channel)
        if not members:
            self._members.pop(group, None)
            self._changed.set()

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connected()
            except* (RedisError, OSError) as away:
                logger.warning("no live hints, Redis is away: %s", away.exceptions[0])
            self._confirmed.clear()
            await asyncio.sleep(RETRY_S)

    async def _connected(self) -> None:
        connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(ANSWER_S):
                await connection.connect()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._write(connection))
                both.create_task(self._read(connection))
        finally:
            await connection.disconnect(nowait=True)

    async def _write(self, connection: Connection) -> None:
        """Keep what Redis knows as it is wanted; ask for a sign of life where nothing changes."""
        asked: set[str] = set()
        while True:
            self._changed.clear()
            wanted = set(self._members)
            self._confirmed &= wanted
            for command, groups in (("SUBSCRIBE", wanted - asked), ("UNSUBSCRIBE", asked - wanted)):
                if groups:
                    names = [self._prefix + group for group in groups]
                    await connection.send_command(command, *names)
            asked = wanted
            try:
                async with asyncio.timeout(PING_S):
                    await self._changed.wait()
            except TimeoutError:
                await connection.send_command("PING")

    async def _read(self, connection: Connection) -> None:
        while True:
            async with asyncio.timeout(SILENCE_S):
                reply = await connection.read_response(disconnect_on_error=False)
            if not isinstance(reply, list) or reply[0] not in (b"message", b"subscribe"):
                continue
            group = reply[1].decode().removeprefix(self._prefix)
            members = self._members.get(group, ())
            if reply[0] == b"message":
                self._tell(members, json.loads(reply[2]))
            elif members:
                self._confirmed.add(group)
                self._tell(members, FROM_HERE)

    def _tell(self, channels: Iterable[str], message: Message) -> None:
        for channel in channels:
            queue = self._channels.get(channel)
            if queue is None:
                continue
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(FROM_HERE)
            queue.put_nowait(message)
