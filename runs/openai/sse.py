"""Answers that are streamed as Server-Sent Events."""

from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import orjson
from django.http import StreamingHttpResponse

PING = b": ping\n\n"
DONE = b"data: [DONE]\n\n"
# A proxy may end a connection on which nothing is said.
PING_S = 10.0


def data(content: dict[str, Any]) -> bytes:
    """A message."""
    return b"data: %b\n\n" % orjson.dumps(content)


def event(content: dict[str, Any]) -> bytes:
    """A message of a type."""
    return b"event: %b\n%b" % (content["type"].encode(), data(content))


def event_stream(frames: AsyncIterator[bytes], headers: dict[str, str]) -> StreamingHttpResponse:
    """The answer that sends them."""
    response = StreamingHttpResponse(
        frames, content_type="text/event-stream; charset=utf-8", headers=headers
    )
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


class Heartbeat:
    """When it is time for a sign of life."""

    def __init__(self) -> None:
        self._due = monotonic() + PING_S

    def spoke(self) -> None:
        """Something was said."""
        self._due = monotonic() + PING_S

    def beat(self) -> bool:
        """True once nothing was said for a while."""
        if monotonic() < self._due:
            return False
        self.spoke()
        return True
