"""The `Model` port on any OpenAI-compatible endpoint: the SDK sends, we read the stream."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2

from runs.engine import tokens
from runs.engine.errors import ProviderError
from runs.engine.provider.failures import within_answer
from runs.engine.provider.quirks import SCHEMA_LEVELS, Quirks
from runs.engine.provider.stream import StreamReader, begins_events
from runs.engine.provider.transport import COALESCE_S, CoalescingTransport
from runs.engine.types import ModelRequest, Reply, Usage

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
# Each adaption drops one parameter; the last request is the plainest.
MAX_ADAPTIONS = 2 + len(SCHEMA_LEVELS)
# Our count may differ from the provider's by so much before a stream counts as past its cap.
CAP_MARGIN = 1.25
CAP_MARGIN_TOKENS = 64
EVENT_STREAM = "text/event-stream"


class OpenAIModel:
    """One endpoint. Belongs to the event loop of its first request."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        coalesce_s: float = COALESCE_S,
    ) -> None:
        # The import takes more than a second, which only those who call a model should pay.
        from openai import AsyncOpenAI

        self._client = AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
            http_client=httpx2.AsyncClient(
                transport=CoalescingTransport(coalesce_s=coalesce_s), trust_env=False
            ),
            default_headers={"Accept-Encoding": "identity"},
        )
        self._quirks: dict[str, Quirks] = {}

    async def stream(self, request: ModelRequest) -> "OpenAIStream":
        """Send the request; return when the answer's headers are there.

        A parameter that the endpoint does not take is dropped or renamed and the request sent
        again: a 400 costs nothing. Raises `ProviderError`.
        """
        fixed: dict[str, Any] = {"model": request.model}
        if request.tools:
            fixed["tools"] = request.tools
            fixed["tool_choice"] = request.tool_choice or "auto"
        for _ in range(MAX_ADAPTIONS):
            quirks = self._quirks.get(request.model, Quirks())
            phrased = quirks.phrase(request)
            try:
                return await self._send(fixed | phrased, request.max_output_tokens)
            except ProviderError as error:
                adapted = quirks.after(error, phrased)
                if adapted is None:
                    raise
                self._quirks[request.model] = adapted
                refused = error
        raise refused

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _send(self, body: dict[str, Any], max_output_tokens: int) -> "OpenAIStream":
        from openai import OpenAIError

        from runs.engine.provider.sdk_errors import provider_error

        # `extra_body` goes out as it is. The SDK's typed transform costs a millisecond a call, and
        # more the longer the conversation is.
        sending = self._client.chat.completions.with_streaming_response.create(
            model=body["model"], messages=[], stream=True, extra_body=body
        )
        try:
            response = await sending.__aenter__()
        except (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise provider_error(error) from error
        stream = OpenAIStream(response.http_response, max_output_tokens)
        try:
            await stream.check()
        except BaseException:
            await stream.close()
            raise
        return stream


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
