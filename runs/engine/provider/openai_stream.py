"""One streamed answer of an OpenAI-compatible endpoint on its way."""

from collections.abc import AsyncIterator

import httpx2

from runs.engine import tokens
from runs.engine.provider.failures import within_answer
from runs.engine.provider.stream import StreamReader, begins_events
from runs.engine.types import Reply, Usage

# Our count may differ from the provider's by so much before a stream counts as past its cap.
CAP_MARGIN = 1.25
CAP_MARGIN_TOKENS = 64
EVENT_STREAM = "text/event-stream"


class OpenAIStream:
    """One answer on its way."""

    def __init__(self, response: httpx2.Response, max_output_tokens: int) -> None:
        self._response = response
        self._reads = response.aiter_raw()
        self._start = b""
        self._reader = StreamReader()
        self._limit = int(max_output_tokens * CAP_MARGIN) + CAP_MARGIN_TOKENS
        self._counted = 0
        self._next_count = self._limit

    async def check(self) -> None:
        """Raise `ProviderError` when the answer is something else than an event stream.

        Its headers alone don't tell: some endpoints call their event streams HTML or plain text.
        """
        from runs.engine.provider.sdk_errors import broken_stream, not_a_stream

        content_type = self._response.headers.get("content-type", "")
        if content_type.lower().startswith(EVENT_STREAM):
            return
        try:
            while not self._start.strip() and (data := await anext(self._reads, b"")):
                self._start = data
        except httpx2.HTTPError as error:
            raise broken_stream(error) from error
        if not begins_events(self._start):
            raise not_a_stream(content_type, self._start)

    async def __aiter__(self) -> AsyncIterator[str]:
        """Text as it arrives, one piece a read. Raises `ProviderError` when the stream breaks."""
        from runs.engine.provider.sdk_errors import broken_stream

        reader = self._reader
        try:
            data = self._start or await anext(self._reads, b"")
            while data:
                yield reader.feed(data)
                if reader.done or reader.fault:
                    break
                if self._past_cap():
                    reader.cut_at_cap()
                    break
                data = await anext(self._reads, b"")
            else:
                yield reader.feed(b"\n")
        except httpx2.HTTPError as error:
            if reader.reply() is None:
                raise broken_stream(error) from error
        if reader.fault:
            raise within_answer(**reader.fault)

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

    def _past_cap(self) -> bool:
        """Count only when enough text has come that the cap can have been passed."""
        if self.characters < self._next_count:
            return False
        self._counted = tokens.count(self.received)
        self._next_count = self.characters + max(self._limit - self._counted, 16)
        return self._counted > self._limit
