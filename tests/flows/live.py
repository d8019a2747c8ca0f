"""A viewer of a run's WebSocket, as a script would write one."""

import json
import time
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect
from websockets.sync.connection import Connection


class Viewer:
    """Collects durable events by seq, and the text of each step, as API.md tells clients to."""

    def __init__(self, web_url: str, run_id: object, key: str, after: int = 0) -> None:
        address = web_url.replace("http://", "ws://")
        self.events: list[dict[str, Any]] = []
        self.texts: dict[tuple[str, int], str] = {}
        self.holes = 0
        self.last_seq = after
        self.socket: Connection
        self._connection = connect(
            f"{address}/ws/runs/{run_id}/?after={after}",
            additional_headers={"Authorization": f"Token {key}"},
        )

    def __enter__(self) -> Self:
        self.socket = self._connection.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.__exit__(kind, error, trace)

    def receive(self, seconds: float = 240) -> dict[str, Any]:
        """Take one message in."""
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=seconds))
        if "seq" in message:
            assert message["seq"] == self.last_seq + 1, "a gap or a duplicate"
            self.last_seq = message["seq"]
            self.events.append(message)
        elif message["type"] == "text.snapshot":
            self.texts[message["key"], message["attempt"]] = message["text"]
        elif message["type"] == "text.delta":
            self._append(message)
        return message

    def _append(self, delta: dict[str, Any]) -> None:
        step = (delta["key"], delta["attempt"])
        known = self.texts.get(step, "")
        if delta["offset"] > len(known):
            self.holes += 1
        else:
            self.texts[step] = known[: delta["offset"]] + delta["text"]

    def until(self, *types: str, seconds: float = 240) -> dict[str, Any]:
        """Receive up to and including the first message of one of these types."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.receive(deadline - time.monotonic())
            if message["type"] in types:
                return message

    def to_the_end(self) -> list[dict[str, Any]]:
        """Receive everything; return the durable events."""
        self.until("run.finished")
        return self.events
