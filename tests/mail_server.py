"""A mail server on a free port, in a thread of its own: it keeps what it takes, or refuses it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """What has arrived; `answer` is what it says to a whole mail, None: nothing.

    `refused` is an address that it knows not.
    """

    port: int = 0
    answer: bytes | None = b"250 taken"
    refused: str = ""
    raw: list[bytes] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        """What it was given, taken or not."""
        return [message_from_bytes(one, policy=policy.default) for one in self.raw]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._say(writer, b"220 test")
            while line := await reader.readline():
                command = line.strip().upper()
                if command == b"DATA":
                    await self._say(writer, b"354 go on")
                    self.raw.append(await reader.readuntil(b"\r\n.\r\n"))
                    if self.answer is None:
                        await asyncio.sleep(600)
                    await self._say(writer, self.answer or b"")
                elif self.refused and self.refused.upper().encode() in command:
                    await self._say(writer, b"550 no such user")
                elif command == b"QUIT":
                    await self._say(writer, b"221 bye")
                    break
                else:
                    await self._say(writer, b"250 ok")
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, line: bytes) -> None:
        writer.write(line + b"\r\n")
        await writer.drain()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serves until the end."""
    found = MailServer()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.start_server(found.serve, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(60)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
