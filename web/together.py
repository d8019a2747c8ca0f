"""Calls that go together: what comes while others are under way waits, and then goes as one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Asked = TypeVar("Asked")
Found = TypeVar("Found")

Waiting = tuple[Asked, asyncio.Future[Found]]
MOST = 100


class Together(Generic[Asked, Found]):
    """Awaited calls of any event loop, each of which sends its own together.

    `send` answers several in their order, each with what is found or with its error; what it raises
    is the error of all. So many sends are under way at once, each of at most `MOST` calls.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Asked]], Awaitable[Sequence[Found | Exception]]],
        *,
        at_once: int = 1,
    ) -> None:
        self._send = send
        self._at_once = at_once
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line[Asked, Found]] = (
            WeakKeyDictionary()
        )

    async def call(self, asked: Asked) -> Found:
        """The answer to one. Raises what `send` does."""
        loop = asyncio.get_running_loop()
        if loop not in self._lines:
            self._lines[loop] = _Line(self._send, self._at_once)
        return await self._lines[loop].call(asked)


class _Line(Generic[Asked, Found]):
    """The calls of one event loop."""

    def __init__(
        self,
        send: Callable[[Sequence[Asked]], Awaitable[Sequence[Found | Exception]]],
        at_once: int,
    ) -> None:
        self._send = send
        self._at_once = at_once
        self._waiting: list[Waiting[Asked, Found]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def call(self, asked: Asked) -> Found:
        answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if len(self._sending) < self._at_once:
            task = asyncio.create_task(self._send_waiting())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return await answer

    async def _send_waiting(self) -> None:
        while calls := self._next():
            found = await self._answers([asked for asked, _ in calls])
            for (_, answer), one in zip(calls, found, strict=True):
                if answer.done():  # its caller has left
                    continue
                if isinstance(one, Exception):
                    answer.set_exception(one)
                else:
                    answer.set_result(one)

    def _next(self) -> list[Waiting[Asked, Found]]:
        """Those who still wait, the first of them first."""
        waiting = [call for call in self._waiting if not call[1].done()]
        self._waiting = waiting[MOST:]
        return waiting[:MOST]

    async def _answers(self, calls: Sequence[Asked]) -> Sequence[Found | Exception]:
        try:
            return await self._send(calls)
        except Exception as error:
            return [error] * len(calls)
