"""A client that doesn't read is waited for: it costs little, hurts nobody, and misses nothing."""

import re
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from runs.models import RunEvent
from tests import journal
from tests.factories import RunFactory
from tests.flows.live import Viewer
from tests.stack import Stack

EVENTS = 80
BYTES = 100_000  # each; together more than a socket and the log keep
SLEEPERS = 10
NUMBER = re.compile(rb'"message": "([0-9]+) ')


def memory(stack: Stack) -> int:
    """What the web server's process has in memory."""
    assert stack.web is not None
    lines = Path(f"/proc/{stack.web.pid}/status").read_text().splitlines()
    (resident,) = [line for line in lines if line.startswith("VmRSS")]
    return int(resident.split()[1]) * 1024


class Sleeper:
    """Asks for a run's events, and reads none of them."""

    def __init__(self, stack: Stack, run_id: object, key: str) -> None:
        address = urlsplit(stack.web_url)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect((address.hostname, address.port))
        lines = [
            f"GET /ws/runs/{run_id}/ HTTP/1.1",
            f"Host: {address.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Token {key}",
        ]
        self._socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")

    def wake_up(self) -> list[int]:
        """The numbers of the events that it has been sent up to the run's end.

        Who sleeps long enough is taken for gone, and has to come again.
        """
        found = b""
        with suppress(ConnectionResetError), self._socket:
            while b"run.finished" not in found and (more := self._socket.recv(65_536)):
                found += more
        return [int(number) for number in NUMBER.findall(found)]


def test_who_reads_nothing_costs_no_memory_and_misses_nothing(
    stack: Stack, no_worker, owner, key: str
) -> None:
    run = journal.start(RunFactory.create(owner=owner))
    with Viewer(stack.web_url, run.pk, key) as quick:
        quick.until("run.started")
        sleepers = [Sleeper(stack, run.pk, key) for _ in range(SLEEPERS)]
        before = memory(stack)
        padding = uuid4().hex * (BYTES // 32)
        for number in range(EVENTS):
            journal.emit(run, "notice", code="repair", message=f"{number} {padding}")
        journal.finish(run)
        events = quick.to_the_end()
    count = RunEvent.objects.filter(run=run).count()
    assert [event["seq"] for event in events] == list(range(1, count + 1))
    # Otherwise all of it would be kept for each of them.
    assert memory(stack) - before < SLEEPERS * EVENTS * BYTES / 2
    for sleeper in sleepers:
        numbers = sleeper.wake_up()
        assert numbers == list(range(len(numbers)))
        assert numbers
