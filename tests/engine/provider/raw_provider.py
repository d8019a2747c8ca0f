"""A provider that plays bytes, with the pauses and reads that a test wants."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass
class Bytes:
    """One answer. `parts` are sent one by one; a number among them is a pause in seconds."""

    parts: Sequence[bytes | float]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/event-stream"
    chunked: bool = True
    ends: bool = True  # with a proper end of the body


class RawProvider:
    """Plays `script` in order over plain sockets, and keeps the requests."""

    def __init__(self) -> None:
        self.script: list[Bytes] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.url = ""

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return server

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.paths.append(first.split()[1])
        self.headers.append(headers)
        self.requests.append(orjson.loads(body))
        answer = self.script.pop(0)
        await self._play(writer, answer)
        return answer.chunked and answer.ends

    async def _play(self, writer: asyncio.StreamWriter, answer: Bytes) -> None:
        framing = "Transfer-Encoding: chunked" if answer.chunked else "Connection: close"
        head = [f"HTTP/1.1 {answer.status} X", f"Content-Type: {answer.content_type}", framing]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
        for part in answer.parts:
            if isinstance(part, bytes):
                writer.write(b"%x\r\n%s\r\n" % (len(part), part) if answer.chunked else part)
            else:
                await writer.drain()
                await asyncio.sleep(part)
        if answer.chunked and answer.ends:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
