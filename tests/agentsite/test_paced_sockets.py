"""Frames that are made once for all clients, and a client that doesn't read."""

import asyncio
import struct
from typing import Any

import pytest
from autobahn.exception import Disconnected

from agentsite.server.paced import PacedProtocol, frame_of


def parsed(frame: bytes) -> str:
    """The text of one unmasked frame, as RFC 6455 has it."""
    kind, size = struct.unpack_from("!BB", frame)
    head = {126: ("!H", 4), 127: ("!Q", 10)}.get(size)
    if head:
        (size,) = struct.unpack_from(head[0], frame, 2)
    payload = frame[head[1] if head else 2 :]
    assert (kind, len(payload)) == (0x81, size)
    return payload.decode()


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_has_the_text(length: int) -> None:
    text = "é" * (length // 2) + "x" * (length % 2)
    assert parsed(frame_of(text)) == text


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


def protocol(state: Any) -> PacedProtocol:
    made = PacedProtocol()
    made.state = state
    made.transport = Transport()
    made.room = asyncio.Event()
    made.room.set()
    return made


def test_a_frame_is_made_once_for_all() -> None:
    text = "something that all are sent"
    first, second = protocol(PacedProtocol.STATE_OPEN), protocol(PacedProtocol.STATE_OPEN)
    first.serverSend(text)
    second.serverSend(text)
    assert first.transport.written[0] is second.transport.written[0]


def test_nothing_is_sent_after_the_end() -> None:
    with pytest.raises(Disconnected):
        protocol(PacedProtocol.STATE_CLOSED).serverSend("too late")
