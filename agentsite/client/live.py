"""A run's WebSocket: its events, and the text of its calls while it is written."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp

from agentsite.client.decoding import decode
from agentsite.client.errors import (
    AgentsiteError,
    ApiError,
    ConnectionFailed,
    DetailsDeleted,
    NotAuthenticated,
    NotFound,
    NoWebSocket,
    RateLimited,
)
from agentsite.client.texts import LAST_EVENT, Text, Texts
from agentsite.client.types import Event

# The server says `ping` every five seconds.
SILENCE_S = 20.0
CLOSED: dict[int, tuple[type[ApiError], int, str]] = {
    4401: (NotAuthenticated, 401, "This token isn't valid, or may not read runs."),
    4404: (NotFound, 404, "There is no such run, or it isn't yours."),
    4410: (DetailsDeleted, 410, "The events of this run were deleted since they are old."),
    4429: (RateLimited, 429, "Its owner has too many live connections: close one of them first."),
}


async def _messages(url: str, token: str, run_id: str, after: int) -> AsyncIterator[Event | Text]:
    texts = Texts()
    address = f"{url.replace('http', 'ws', 1)}/ws/runs/{run_id}/"
    try:
        async with (
            aiohttp.ClientSession(trust_env=True) as session,
            session.ws_connect(
                address,
                params={"after": str(after)},
                headers={"Authorization": f"Token {token}"},
                max_msg_size=0,
            ) as socket,
        ):
            async for message in _read(socket):
                if "seq" in message:
                    yield decode(Event, message)
                    if message["type"] == LAST_EVENT:
                        return
                elif message["type"].startswith("text.") and (text := texts.take(message)):
                    yield text
            raise _closed(socket.close_code)
    except aiohttp.WSServerHandshakeError as error:
        raise NoWebSocket(f"{url} opens no WebSocket: {error.status}") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ConnectionFailed(f"{url} can't be reached: {error}") from error


async def _read(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[dict[str, Any]]:
    while True:
        frame = await socket.receive(timeout=SILENCE_S)
        if frame.type is not aiohttp.WSMsgType.TEXT:
            return
        yield json.loads(frame.data)


def _closed(code: int | None) -> AgentsiteError:
    if code not in CLOSED:
        return ConnectionFailed(f"The connection was closed with {code}.")
    kind, status, detail = CLOSED[code]
    return kind({"detail": detail, "code": kind.codes[0]}, status=status)


def watch(url: str, token: str, run_id: str, after: int) -> Iterator[Event | Text]:
    """What one connection tells, up to the run's end, for a caller that doesn't await.

    Raises `ConnectionFailed` when it breaks, `NoWebSocket`, and what `CLOSED` has.
    """
    stream = _messages(url, token, run_id, after)
    with asyncio.Runner() as runner:
        while (item := runner.run(_next(stream))) is not None:
            yield item


async def _next(stream: AsyncIterator[Event | Text]) -> Event | Text | None:
    return await anext(stream, None)
