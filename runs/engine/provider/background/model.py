"""The `Model` port on the Responses API in its background mode."""

import logging
from typing import Any

import httpx2

from runs.engine.provider.background.body import background_body
from runs.engine.provider.background.stream import BackgroundStream
from runs.engine.provider.openai_model import READ_TIMEOUT_S, THINKS_LONGER
from runs.engine.provider.reasoning import reasons
from runs.engine.provider.sdk import open_client, send
from runs.engine.provider.transport import COALESCE_S
from runs.engine.types import FoundBy, ModelRequest

logger = logging.getLogger(__name__)


class BackgroundModel:
    """One endpoint. Belongs to the event loop of its first request.

    Answers are made whether anyone reads them or not, and stored at the provider meanwhile.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        coalesce_s: float = COALESCE_S,
    ) -> None:
        self._client = open_client(
            api_key=api_key,
            base_url=base_url,
            read_timeout_s=read_timeout_s,
            coalesce_s=coalesce_s,
        )
        self._secret = api_key
        self._silence_s = read_timeout_s

    async def stream(self, request: ModelRequest) -> BackgroundStream:
        """Send the request; return when the answer's headers are there. Raises `ProviderError`."""
        response = await send(
            self._client.responses.with_streaming_response.create,
            secret=self._secret,
            traceparent=request.traceparent,
            model=request.model,
            input="",
            stream=True,
            extra_body=background_body(request),
        )
        return self._stream(request, response=response)

    async def resume(self, request: ModelRequest, found: FoundBy) -> BackgroundStream:
        """The answer of an earlier request. Connects when it is read."""
        return self._stream(request, found=found)

    def context_tokens(self, model: str) -> int | None:
        """Not learnt here."""
        return None

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _stream(self, request: ModelRequest, **given: Any) -> BackgroundStream:
        longer = THINKS_LONGER if reasons(request.model, request.effort) else 1
        silence_s = self._silence_s * longer
        return BackgroundStream(self._read_on, self._cancel, silence_s=silence_s, **given)

    async def _read_on(self, found: FoundBy) -> httpx2.Response:
        """A connection that brings the events after this one. Raises `ProviderError`."""
        retrieve = self._client.responses.with_streaming_response.retrieve
        after = {} if found.after is None or found.after < 0 else {"starting_after": found.after}
        return await send(
            retrieve, secret=self._secret, response_id=found.id, stream=True, extra_query=after
        )

    async def _cancel(self, answer_id: str) -> None:
        from openai import OpenAIError

        try:
            await self._client.responses.cancel(answer_id)
        except (OpenAIError, httpx2.HTTPError) as error:
            logger.warning("the provider goes on with an answer that nobody wants: %s", error)
