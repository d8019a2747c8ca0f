"""A request whose body is longer than the site takes is refused while it is sent.

daphne itself would keep all of it, whoever sends it, before the application sees a byte.
"""

from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from twisted.internet import reactor

from web.lengths import too_long

# The client has so long to read the answer, while what it still sends is dropped. Closed at once,
# a connection with unread data is reset, and the answer lost.
LINGER_S = 1.0


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """A request that ends early when its body is too long. The names are Twisted's."""

    refused = False
    received = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """The headers are there; `length` is None where the body comes in chunks."""
        super().gotLength(length)
        if (length or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Take a part of the body."""
        self.received += len(data)
        if self.received > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse()
        if not self.refused:
            super().handleContentChunk(data)

    def requestReceived(self, *args: Any) -> None:  # noqa: N802
        """The request is there as a whole."""
        if not self.refused:
            super().requestReceived(*args)

    def _refuse(self) -> None:
        if self.refused:
            return
        self.refused = True
        # Nobody is invited to go on.
        self.requestHeaders.removeHeader(b"expect")
        channel = self.channel
        channel.dataReceived = lambda _data: None
        channel.transport.write(_answer(channel._path))
        channel.transport.loseWriteConnection()
        reactor.callLater(LINGER_S, channel.transport.abortConnection)  # type: ignore[arg-type]


class BoundedFactory(HTTPFactory):  # type: ignore[misc]
    """Makes these requests."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        """The protocol of a new connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol


def _answer(path: bytes) -> bytes:
    refusal = too_long(path.decode("latin-1"))
    refusal["Content-Length"] = str(len(refusal.content))
    refusal["Connection"] = "close"
    status = f"HTTP/1.1 {refusal.status_code} {refusal.reason_phrase}\r\n"
    return status.encode() + refusal.serialize()
