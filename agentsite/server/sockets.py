"""daphne, which has the WebSockets and the process: its reactor runs the loop, hears signals."""

import asyncio
import socket
from typing import Any

# First of Twisted: it chooses the reactor.
from daphne import server  # isort: skip
from daphne.http_protocol import WebRequest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from agentsite.server.http import HttpServer
from agentsite.server.paced import PacedFactory, PacedProtocol
from web.ending import ending

# A client sends its token and no more. What is longer is dropped with its connection; what is only
# too long for a token is told so by the consumer.
MAX_SOCKET_MESSAGE = 200_000

# A client that doesn't answer a goodbye is not waited for.
GOODBYE_S = 1.0

# daphne's `run` makes the factory, and has no hook for another one.
server.WebSocketFactory = PacedFactory


class Server(server.Server):  # type: ignore[misc]
    """daphne without a port of its own: it is given the connections that become WebSockets."""

    def __init__(self, application: Any, host: str, port: int) -> None:
        super().__init__(
            application,
            endpoints=[f"{host}:{port}"],
            verbosity=0,
            websocket_max_message_size=MAX_SOCKET_MESSAGE,
            websocket_max_frame_size=MAX_SOCKET_MESSAGE,
        )
        self._http = HttpServer(application, host, port, self.take)

    def run(self) -> None:
        """Serve until a signal ends it."""
        self.endpoints: list[str] = []
        reactor.callWhenRunning(self._http.start)
        reactor.addSystemEventTrigger("before", "shutdown", self._end)  # type: ignore[arg-type]
        super().run()

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Take what the application sends; it goes on once the client has room for more."""
        await super().handle_reply(protocol, message)
        if isinstance(protocol, PacedProtocol):
            await protocol.room.wait()

    def take(self, connection: socket.socket, head: bytes) -> None:
        """Go on with a connection on which this head of a request has been read."""
        taken = _Taken(self.http_factory)
        reactor.adoptStreamConnection(connection.fileno(), connection.family, taken)
        taken.made.dataReceived(head)

    def _end(self) -> "Deferred[Any]":
        ending().begin()
        return Deferred.fromFuture(asyncio.gather(self._http.end(), self._say_goodbye()))

    async def _say_goodbye(self) -> None:
        """Close all WebSockets so that their clients go on elsewhere at once."""
        loop = asyncio.get_running_loop()
        clients = [one for one in self.connections if isinstance(one, PacedProtocol)]
        closed = [one.is_closed.asFuture(loop) for one in clients if one.leave()]
        if closed:
            await asyncio.wait(closed, timeout=GOODBYE_S)


class _Taken(Factory):
    """Makes daphne's protocol for one connection, and remembers it."""

    noisy = False

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self.made: Any = None

    def buildProtocol(self, addr: IAddress | None) -> Any:  # noqa: N802
        """daphne's own, for one handshake: a request that isn't one ends the connection."""
        self.made = self._factory.buildProtocol(addr)
        self.made.requestFactory = _Handshake
        return self.made


class _Handshake(WebRequest):  # type: ignore[misc]
    """The request that becomes a WebSocket, or is the last one of its connection.

    daphne would serve HTTP as well, without the bounds of ours.
    """

    def process(self) -> Any:
        """Go on with a handshake alone: two parsers may differ about what is one."""
        if self.requestHeaders.getRawHeaders(b"Upgrade", [b""])[0].lower() == b"websocket":
            return super().process()
        return self.basic_error(400, b"Bad Request", "This is no handshake.")

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """What is refused before the WebSocket begins."""
        self.channel.persistent = False
        super().basic_error(status, status_text, body)
