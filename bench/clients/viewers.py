"""Many viewers of runs in one process, each a raw WebSocket that costs next to nothing."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

LONG, VERY_LONG = 126, 127
CLOSE, PING, PONG = 0x88, 0x89, 0x8A
MASKED = b"\0\0\0\0"

Receive = Callable[[bytes], None]


class Socket(asyncio.Protocol):
    """The client's end of a WebSocket: gives each message's bytes to `receive`."""

    def __init__(self, head: bytes, receive: Receive) -> None:
        self._head = head
        self._receive = receive
        self._data = b""
        self._open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Take the answer to the handshake, then frames."""
        self._data += data
        if not self._open:
            answer, ended, rest = self._data.partition(b"\r\n\r\n")
            if not ended:
                return
            if b" 101 " not in answer[:20]:
                self.opened.set_exception(RuntimeError(f"no WebSocket: {answer!r}"))
            self._open, self._data = True, rest
        self._take_frames()

    def connection_lost(self, error: Exception | None) -> None:
        """A viewer that is lost before it has seen anything fails the benchmark."""
        if not self.opened.done():
            self.opened.set_exception(RuntimeError("closed by the server"))

    def _take_frames(self) -> None:
        data, at = self._data, 0
        while len(data) - at >= 2:
            start, size = at + 2, data[at + 1]
            if size in (LONG, VERY_LONG):
                width = 2 if size == LONG else 8
                size = int.from_bytes(data[start : start + width], "big")
                start += width
            if len(data) < start + size or start > len(data):
                break
            self._take(data[at], data[start : start + size])
            at = start + size
        self._data = data[at:]

    def _take(self, kind: int, content: bytes) -> None:
        if kind == CLOSE:
            raise RuntimeError(f"closed by the server: {content!r}")
        if kind == PING:
            self.transport.write(bytes((PONG, 0x80 | len(content))) + MASKED + content)
            return
        self._receive(content)
        if not self.opened.done():
            self.opened.set_result(None)


async def watch(address: str, key: str, run_id: UUID, receive: Receive) -> Socket:
    """Watch a run; returns once its first event is there."""
    host, _, port = address.partition(":")
    lines = [
        f"GET /ws/runs/{run_id}/ HTTP/1.1",
        f"Host: {address}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Token {key}",
        "X-Forwarded-Proto: https",
    ]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    made: tuple[Any, Socket] = await loop.create_connection(
        lambda: Socket(head, receive), host, int(port)
    )
    await made[1].opened
    return made[1]
