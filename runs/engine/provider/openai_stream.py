"""One streamed answer of an OpenAI-compatible endpoint on its way."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx2

from runs.engine import tokens
from runs.engine.errors import ProviderError
from runs.engine.provider import failures
from runs.engine.provider.sse import begins_events
from runs.engine.provider.stream import StreamReader
from runs.engine.types import FoundBy, Reply, Usage

# Our count may differ from the provider's by so much before a stream counts as past its cap.
CAP_MARGIN = 1.25
CAP_MARGIN_TOKENS = 64
# How long to wait for the count that may follow an error.
LAST_WORDS_S = 1.0


class OpenAIStream:
    """One answer on its way.

    `silence_s` is how long it may go without output: signs of life alone don't count. `secret` is
    told nowhere, whatever the endpoint says. A `findable` answer can be asked about later.
    """

    def __init__(
        self,
        response: httpx2.Response,
        max_output_tokens: int,
        *,
        silence_s: float,
        secret: str,
        findable: bool = False,
    ) -> None:
        self._response = response
        self._reads = response.aiter_raw()
        self._start = b""
        self._reader = StreamReader()
        self._limit = int(max_output_tokens * CAP_MARGIN) + CAP_MARGIN_TOKENS
        self._counted = 0
        self._next_count = self._limit
        self._silence_s = silence_s
        self._secret = secret
        self._findable = findable

    async def check(self) -> None:
        """Raise `ProviderError` when the answer is neither an event stream nor JSON.

        Its headers don't tell: some endpoints call their event streams HTML or plain text.
        """
        from runs.engine.provider.sdk_errors import broken_stream, not_a_stream

        content_type = self._response.headers.get("content-type", "")
        if content_type.lower().startswith("text/event-stream"):
            return
        try:
            async with asyncio.timeout(self._silence_s):
                while not self._start.strip() and (data := await anext(self._reads, b"")):
                    self._start = data
        except TimeoutError as error:
            raise failures.TIMEOUT.error() from error
        except httpx2.HTTPError as error:
            raise broken_stream(error) from error
        if not begins_events(self._start):
            raise not_a_stream(content_type, self._start)

    async def __aiter__(self) -> AsyncIterator[str]:
        """Text as it arrives, one piece a read. Raises `ProviderError` when the stream breaks."""
        from runs.engine.provider.sdk_errors import broken_stream

        reader = self._reader
        try:
            async for data in self._until_silent():
                yield reader.feed(data)
                if reader.done or reader.fault or reader.error is not None:
                    break
                if self._past_cap():
                    reader.cut_at_cap()
                    break
            else:
                yield reader.end()
        except httpx2.HTTPError as error:
            if reader.reply() is None:
                raise broken_stream(error) from error
        if reader.error is not None:
            await self._last_words()
        if problem := self._problem():
            raise problem

    @property
    def reply(self) -> Reply | None:
        """The whole answer, once the stream ended properly."""
        return self._reader.reply()

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, if it said so."""
        return self._reader.usage

    @property
    def cut(self) -> bool:
        """True when we ended an answer that ran past its cap."""
        return self._reader.cut

    @property
    def ended(self) -> bool:
        """True when the provider itself ended the answer, so that it writes no more."""
        return self._reader.ended

    @property
    def found_by(self) -> FoundBy | None:
        """The answer's id, where the provider can be asked for it."""
        if not (self._findable and self._reader.answer_id):
            return None
        return FoundBy(self._reader.answer_id)

    @property
    def characters(self) -> int:
        """How long the output is so far."""
        return self._reader.characters

    @property
    def received(self) -> str:
        """All output received so far."""
        return self._reader.received

    async def close(self) -> None:
        """Drop the connection, or keep it for the next call when the answer was complete."""
        if self._reader.done:
            await self._response.extensions["body"].finish()
        await self._reads.aclose()
        await self._response.aclose()

    async def _until_silent(self) -> AsyncIterator[bytes]:
        """What is read. Raises `ProviderError` when too much time brings no output."""
        said, said_at = -1, time.monotonic()
        data = self._start or await anext(self._reads, b"")
        while data:
            yield data
            now = time.monotonic()
            if self._reader.characters != said:
                said, said_at = self._reader.characters, now
            elif now - said_at > self._silence_s:
                if self._reader.reply() is None:
                    raise failures.TIMEOUT.error()
                return
            data = await anext(self._reads, b"")

    async def _last_words(self) -> None:
        """Read what follows an error: the provider may still say what it counted."""
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                while not self._reader.done and (data := await anext(self._reads, b"")):
                    self._reader.feed(data)
        except (TimeoutError, httpx2.HTTPError):
            return

    def _problem(self) -> ProviderError | None:
        from runs.engine.provider.sdk_errors import within_answer

        if self._reader.error is not None:
            return within_answer(self._reader.error, self._secret)
        return failures.BAD_STREAM.error(self._reader.fault) if self._reader.fault else None

    def _past_cap(self) -> bool:
        """Count only when enough text has come that the cap can have been passed."""
        if self.characters < self._next_count:
            return False
        self._counted = tokens.count(self.received)
        self._next_count = self.characters + max(self._limit - self._counted, 16)
        return self._counted > self._limit
