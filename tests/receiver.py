"""A server that receives webhooks, well or badly, in a thread of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.served import served

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What has arrived; `respond` is how it answers from now on."""

    respond: Respond
    url: str = ""
    received: list[Received] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0

    @property
    def origin(self) -> str:
        return self.url.rsplit("/", 1)[0]

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            self.received.append(await _request(reader))
            await self.respond(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.under_way -= 1
            with suppress(ConnectionError):
                writer.close()


async def _request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(head[0].split(" ")[1], headers, body)


def answers(status: int = 204, body: bytes = b"", *headers: str) -> Respond:
    """A whole answer."""

    async def respond(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return respond


def sends(raw: bytes) -> Respond:
    """These bytes, whatever they are."""

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return respond


async def hangs(writer: asyncio.StreamWriter) -> None:
    """Nothing, until the client has gone."""
    await asyncio.sleep(600)


@contextmanager
def receiver(respond: Respond | None = None) -> Iterator[Receiver]:
    """Serves on a free port until the end."""
    found = Receiver(respond or answers())
    with served(found.serve) as port:
        found.url = f"http://127.0.0.1:{port}/hook"
        yield found
