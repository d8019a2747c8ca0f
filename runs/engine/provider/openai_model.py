"""The `Model` port on any OpenAI-compatible endpoint: the SDK sends, we read the stream."""

from typing import Any

import httpx2

from runs.engine.errors import ProviderError
from runs.engine.provider.openai_stream import OpenAIStream
from runs.engine.provider.quirks import SCHEMA_LEVELS, Quirks, reasons
from runs.engine.provider.transport import COALESCE_S, CoalescingTransport
from runs.engine.types import ModelRequest

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
# A model that reasons where nobody sees it may say nothing for so many times longer.
THINKS_LONGER = 5
# Each adaption drops one parameter; the last request is the plainest.
MAX_ADAPTIONS = 2 + len(SCHEMA_LEVELS)


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
        self._secret = api_key
        self._silence_s = read_timeout_s
        self._quirks: dict[str, Quirks] = {}

    async def stream(self, request: ModelRequest) -> OpenAIStream:
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

    async def _send(self, body: dict[str, Any], max_output_tokens: int) -> OpenAIStream:
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
            raise provider_error(error, self._secret) from error
        stream = OpenAIStream(
            response.http_response,
            max_output_tokens,
            silence_s=self._silence_s * (THINKS_LONGER if reasons(body["model"]) else 1),
            secret=self._secret,
        )
        try:
            await stream.check()
        except BaseException:
            await stream.close()
            raise
        return stream
