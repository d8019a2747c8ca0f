"""The newest messages of a run, which its viewers read at their own pace."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LAST_EVENT = "run.finished"


class Kind(StrEnum):
    """Who wants a message."""

    EVENT = "event"
    TEXT = "text"
    HTML = "html"
    PING = "ping"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent, made once for all viewers. Durable events have a `seq`."""

    kind: Kind
    json: str
    seq: int | None = None
    is_last: bool = False


def message_of(content: dict[str, Any], kind: Kind) -> Message:
    """A message to be sent."""
    is_last = content["type"] == LAST_EVENT
    return Message(kind, json.dumps(content), content.get("seq"), is_last)


PING = message_of({"type": "ping"}, Kind.PING)


class Log:
    """Messages by position, which counts all that ever were; the oldest ones are let go.

    It has every event after the seq `complete_after` and up to `last_seq`.
    """

    def __init__(self, seq: int, max_bytes: int) -> None:
        self.complete_after = self.last_seq = seq
        self.begin = 0
        self.grown = asyncio.Event()
        self._messages: list[Message] = []
        self._bytes = 0
        self._max_bytes = max_bytes

    @property
    def end(self) -> int:
        """The position of the next message."""
        return self.begin + len(self._messages)

    def append(self, message: Message) -> None:
        """Add a message, and wake those who wait for one."""
        self._messages.append(message)
        self._bytes += len(message.json)
        self.last_seq = message.seq or self.last_seq
        if self._bytes > self._max_bytes:
            self._let_go()
        self.wake()

    def wake(self) -> None:
        """Let those who wait look again."""
        self.grown.set()
        self.grown.clear()

    def since(self, position: int) -> Sequence[Message]:
        """The messages from this position on."""
        return self._messages[position - self.begin :]

    def events_after(self, seq: int) -> list[Message]:
        """The events after this seq, which is not before `complete_after`."""
        return [message for message in self._messages if (message.seq or 0) > seq]

    def _let_go(self) -> None:
        """Half of it, so that this is rarely done."""
        while self._messages and self._bytes > self._max_bytes // 2:
            count = max(1, len(self._messages) // 8)
            for message in self._messages[:count]:
                self._bytes -= len(message.json)
                self.complete_after = message.seq or self.complete_after
            del self._messages[:count]
            self.begin += count
