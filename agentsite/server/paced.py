"""WebSockets to many viewers: a frame is made once for all, and a slow client is waited for.

daphne itself makes a frame for each client, and keeps all that one doesn't read, however much.
"""

import asyncio
from functools import lru_cache
from typing import Any

from autobahn.exception import Disconnected
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

TEXT = 0x81  # a whole message
GOING_AWAY = 1001  # RFC 6455
SHORT, LONG, VERY_LONG = 125, 126, 127


class PacedProtocol(WebSocketProtocol):  # type: ignore[misc]
    """One client. The names are Twisted's and daphne's."""

    def connectionMade(self) -> None:  # noqa: N802
        """The client is there."""
        super().connectionMade()
        self.room = asyncio.Event()
        self.room.set()

    def onOpen(self) -> None:  # noqa: N802
        """What was HTTP is a WebSocket now: this is whom the transport tells that it is full."""
        super().onOpen()
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)

    def pauseProducing(self) -> None:  # noqa: N802
        """The client doesn't read as fast as it is sent."""
        self.room.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        """It has read."""
        self.room.set()

    def stopProducing(self) -> None:  # noqa: N802
        """It has gone."""
        self.room.set()

    def leave(self) -> bool:
        """Tell the client that the server ends. False where it is no WebSocket yet, or no more."""
        if self.state != self.STATE_OPEN:
            return False
        self.sendCloseFrame(code=GOING_AWAY)
        return True

    def serverSend(self, content: Any, binary: bool = False) -> None:  # noqa: N802
        """Send a message; the text that all are sent just now is a frame already."""
        if binary:
            super().serverSend(content, binary)
        elif self.state != self.STATE_OPEN:
            raise Disconnected("no longer open")
        else:
            self.transport.write(frame_of(content))


class PacedFactory(WebSocketFactory):  # type: ignore[misc]
    """Makes these connections."""

    protocol = PacedProtocol


# Viewers that are not equally far send a few texts in turn. A server's frames are the same for all.
@lru_cache(maxsize=64)
def frame_of(text: str) -> bytes:
    """The text as a frame."""
    payload = text.encode()
    size = len(payload)
    if size <= SHORT:
        head = bytes((TEXT, size))
    elif size < 1 << 16:
        head = bytes((TEXT, LONG)) + size.to_bytes(2, "big")
    else:
        head = bytes((TEXT, VERY_LONG)) + size.to_bytes(8, "big")
    return head + payload
