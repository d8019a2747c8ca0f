"""A TCP proxy that acts at one exact moment between a worker and Postgres or the provider.

It reads the wire, so that no code of the product has to be changed or told to stop there.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from agentsite.local.ports import LOOPBACK

When = Literal["before", "during", "after"]
READ_BYTES = 65_536
STARTUP_CODES = {80877103, 80877104}  # requests for TLS and GSS: another startup follows


@dataclass
class Trap:
    """Springs at the `nth` request that contains `text`: before it is forwarded, at the first
    bytes of its answer, or after the whole answer, of which the client then sees nothing.

    The connection that it sprang on is dropped; `act` comes before that.
    """

    text: bytes
    nth: int
    when: When
    act: Callable[[], None]
    sprung: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def caught(self, request: bytes) -> bool:
        """Count a request; true for the one that this trap is for."""
        if self.text not in request:
            return False
        with self.lock:
            self.nth -= 1
            return self.nth == 0


class Wire:
    """Splits what a client sends into requests. This one is for HTTP: a request at a time."""

    def requests(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Pairs of bytes to forward and the text by which a trap knows them."""
        yield data, data

    def answered(self, data: bytes) -> bool:
        """True when these bytes of the server end an answer."""
        return b"data: [DONE]" in data


class PostgresWire(Wire):
    """The frontend's messages; a `Bind` stands for the statement that it executes."""

    def __init__(self) -> None:
        self._unread = b""
        self._started = False
        self._statements: dict[bytes, bytes] = {}

    def requests(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Whole messages; text of what is neither is empty."""
        self._unread += data
        while (size := self._size()) and len(self._unread) >= size:
            message, self._unread = self._unread[:size], self._unread[size:]
            yield message, self._statement(message)

    def answered(self, data: bytes) -> bool:
        """`ReadyForQuery`, which the server sends once the transaction is committed."""
        return data[-6:-1] == b"Z\x00\x00\x00\x05"

    def _size(self) -> int:
        kind = 1 if self._started else 0
        if len(self._unread) < kind + 4:
            return 0
        return kind + int(struct.unpack_from("!I", self._unread, kind)[0])

    def _statement(self, message: bytes) -> bytes:
        if not self._started:
            self._started = struct.unpack_from("!I", message, 4)[0] not in STARTUP_CODES
            return b""
        if message[:1] == b"P":
            name, query = message[5:].split(b"\0", 2)[:2]
            self._statements[name] = query
        elif message[:1] == b"B":
            _, name = message[5:].split(b"\0", 2)[:2]
            return self._statements.get(name, b"")
        return b""


class Proxy:
    """Listens on a port of its own and forwards to the server of `url`, until it is closed."""

    def __init__(self, url: str, wire: type[Wire]) -> None:
        self.trap: Trap | None = None
        address = urlsplit(url)
        self._target = (address.hostname, address.port)
        self._wire = wire
        self._listener = socket.create_server((LOOPBACK, 0))
        port = self._listener.getsockname()[1]
        credentials, at, _ = address.netloc.rpartition("@")
        self.url = address._replace(netloc=f"{credentials}{at}{LOOPBACK}:{port}").geturl()
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, text: str, when: When, act: Callable[[], None], nth: int = 1) -> Trap:
        """Set a trap for requests to come."""
        self.trap = Trap(text.encode(), nth, when, act)
        return self.trap

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                _Link(self, client, server, self._wire()).start()


class _Link:
    """One connection through the proxy: a thread for each direction."""

    def __init__(
        self, proxy: Proxy, client: socket.socket, server: socket.socket, wire: Wire
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._wire = wire
        self._caught: Trap | None = None

    def start(self) -> None:
        for pump in (self._upwards, self._downwards):
            threading.Thread(target=self._until_closed, args=(pump,), daemon=True).start()

    def _until_closed(self, pump: Callable[[], None]) -> None:
        with contextlib.suppress(OSError):
            pump()
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _upwards(self) -> None:
        while data := self._client.recv(READ_BYTES):
            for forward, text in self._wire.requests(data):
                trap = self._proxy.trap
                if trap is not None and trap.caught(text):
                    if trap.when == "before":
                        self._spring(trap)
                        return
                    self._caught = trap
                self._server.sendall(forward)

    def _downwards(self) -> None:
        withheld = b""
        while data := self._server.recv(READ_BYTES):
            if self._caught is None:
                self._client.sendall(data)
            elif self._caught.when == "during":
                self._client.sendall(data)
                self._spring(self._caught)
                return
            else:
                withheld += data
                if self._wire.answered(withheld):
                    self._spring(self._caught)
                    return

    def _spring(self, trap: Trap) -> None:
        self._proxy.trap = None
        trap.act()
        trap.sprung.set()
