"""One response that is made in the background: a connection that breaks is made anew."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2

from runs.engine.errors import ProviderError
from runs.engine.provider import failures
from runs.engine.provider.background.reader import ResponseReader
from runs.engine.provider.sse import BrokenStream
from runs.engine.types import FoundBy, Reply, Usage

# How often in a row a connection may bring nothing, and the waits between.
MAX_TRIES = 6
FIRST_WAIT_S = 0.25
MAX_WAIT_S = 8.0


class BackgroundStream:
    """One answer on its way. `read_on` opens a connection to it after some event.

    Without a `response` the answer is one that was asked for before.
    """

    def __init__(
        self,
        read_on: Callable[[FoundBy], Awaitable[httpx2.Response]],
        cancel: Callable[[str], Awaitable[None]],
        *,
        silence_s: float,
        response: httpx2.Response | None = None,
        found: FoundBy | None = None,
    ) -> None:
        self._read_on = read_on
        self._cancel = cancel
        self._silence_s = silence_s
        self._response = response
        number = -1 if found is None or found.after is None else found.after
        self._reader = ResponseReader(answer_id=found.id if found else "", number=number)
        self._tries = 0

    async def __aiter__(self) -> AsyncIterator[str]:
        """Text as it arrives. Raises `ProviderError` when the answer can't be read on."""
        while not self._reader.over():
            before = self._reader.number
            broken: Exception = failures.CONNECTION_LOST.error()
            try:
                async for text in self._pieces():
                    yield text
            except (httpx2.HTTPError, ProviderError, BrokenStream, TimeoutError) as error:
                broken = error
            if not self._reader.over():
                await self._again(broken, progressed=self._reader.number > before)
        if self._reader.error is not None:
            raise failures.BAD_STREAM.error("The provider ended its answer with an error.")
        if self.reply is None:
            raise failures.CONNECTION_LOST.error("The provider gave the answer up.")

    @property
    def reply(self) -> Reply | None:
        """The whole answer, once it ended properly."""
        return self._reader.reply()

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, if it said so."""
        return self._reader.usage

    @property
    def cut(self) -> bool:
        """False: OpenAI keeps the cap itself."""
        return False

    @property
    def ended(self) -> bool:
        """True when the provider itself ended the answer."""
        return self._reader.over()

    @property
    def characters(self) -> int:
        """How long the output is so far."""
        return len(self._reader.received)

    @property
    def received(self) -> str:
        """All output received so far."""
        return self._reader.received

    @property
    def found_by(self) -> FoundBy | None:
        """Its id with the number of its last event, from the first event on."""
        if not self._reader.answer_id:
            return None
        return FoundBy(self._reader.answer_id, max(self._reader.number, 0))

    async def give_up(self) -> None:
        """Have the provider stop. Never raises."""
        if self._reader.answer_id and not self.ended:
            await self._cancel(self._reader.answer_id)

    async def close(self) -> None:
        """Drop the connection; the answer goes on being made."""
        if self._response is not None:
            await self._response.aclose()

    async def _connect(self) -> httpx2.Response:
        self._reader.reconnect()
        return await self._read_on(FoundBy(self._reader.answer_id, self._reader.number))

    async def _pieces(self) -> AsyncIterator[str]:
        """What one connection brings, up to the answer's last event."""
        if self._response is None:
            self._response = await self._connect()
        reads = self._response.aiter_raw()
        while not self._reader.over():
            async with asyncio.timeout(self._silence_s):
                data = await anext(reads, b"")
            if not data:
                return
            yield self._reader.feed(data)

    async def _again(self, error: Exception, *, progressed: bool) -> None:
        """Wait before the next connection. Raises where there is nothing to connect to."""
        await self.close()
        self._response = None
        self._tries = 0 if progressed else self._tries + 1
        gone = isinstance(error, ProviderError) and error.status is not None and error.status < 500
        if not self._reader.answer_id or gone or self._tries >= MAX_TRIES:
            raise _provider_error(error) from error
        await asyncio.sleep(min(FIRST_WAIT_S * 2**self._tries, MAX_WAIT_S))


def _provider_error(error: Exception) -> ProviderError:
    from runs.engine.provider.sdk_errors import broken_stream

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, BrokenStream):
        return failures.BAD_STREAM.error(str(error))
    return failures.TIMEOUT.error() if isinstance(error, TimeoutError) else broken_stream(error)
