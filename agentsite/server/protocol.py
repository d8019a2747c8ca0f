"""HTTP on one connection: uvicorn's, which reads no more of a request than the site would take."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from socket import socket
from typing import Any

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.lengths import too_long

MAX_HEAD = 65_536
# A connection that says nothing is closed after so long, and so is a head that doesn't end.
HEAD_S = 60.0
# What is sent slower than that costs more to keep than it is worth.
BODY_S = 120.0
# The client has so long to read a refusal, while what it still sends is dropped. Closed at once, a
# connection with unread data is reset, and the answer lost.
LINGER_S = 1.0
LONG_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
SLOW_BODY = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """Ends early when a head or a body is too long or too slow, and gives WebSockets away."""

    def __init__(
        self, *arguments: Any, take: Callable[[socket, bytes], None], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._take = take
        self._refused = False
        self._in_head = True
        self._begun = False
        self._head = 0
        self._body = 0
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        self._wait(HEAD_S, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless enough was read."""
        if self._refused:
            return
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD and not self.transport.is_closing():
            self._refuse(LONG_HEAD)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._begun, self._head, self._body = True, False, 0, 0
        if self._waiting is None:
            self._wait(HEAD_S, self.timeout_keep_alive_handler)

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._in_head = False
        self._wait(BODY_S, partial(self._refuse, SLOW_BODY))
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        if length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse(_too_long(self.url))
        else:
            super().on_headers_complete()
            self._begun = True

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._body += len(body)
        if self._body > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse(_too_long(self.url))
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """It is there as a whole."""
        self._stop_waiting()
        if not self._refused:
            super().on_message_complete()

    def _should_upgrade_to_ws(self) -> bool:
        return True

    def handle_websocket_upgrade(self) -> None:
        """Give the connection away, with the head that was read of it."""
        names = {name for name, _ in self.headers}
        if names & {b"content-length", b"transfer-encoding"}:
            self.send_400_response("A handshake has no body.")
            return
        lines = [b"%s: %s\r\n" % header for header in self.headers]
        method = self.scope["method"].encode()
        head = b"".join([b"%s %s HTTP/1.1\r\n" % (method, self.url), *lines, b"\r\n"])
        own = self.transport.get_extra_info("socket")
        with socket(own.family, own.type, fileno=os.dup(own.fileno())) as connection:
            self.transport.pause_reading()
            self._take(connection, head)
        # Closes our side of it only: the other one is a copy.
        self.transport.abort()

    @property
    def _owes_another(self) -> bool:
        """True while an earlier request of this connection has no whole answer."""
        if self._begun:
            return bool(self.pipeline)
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self, seconds: float, end: Callable[[], None]) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(seconds, end)

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None

    def _refuse(self, answer: bytes) -> None:
        if self._refused:
            return
        self._refused = True
        if self._owes_another:
            # It would be taken for the answer to an earlier request.
            self.transport.close()
            return
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self.flow.resume_reading()
        self.transport.write(answer)
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.abort)


def _too_long(url: bytes) -> bytes:
    answer = too_long(url.decode("latin-1"))
    answer["Content-Length"] = str(len(answer.content))
    answer["Connection"] = "close"
    phrase = HTTPStatus(answer.status_code).phrase
    return f"HTTP/1.1 {answer.status_code} {phrase}\r\n".encode() + answer.serialize()
