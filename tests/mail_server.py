"""A mail server on a free port, in a thread of its own: it keeps what it takes, or refuses it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.served import served


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
    with served(found.serve) as found.port:
        yield found
