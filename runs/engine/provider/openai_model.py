"""The `Model` port on any OpenAI-compatible endpoint: the SDK sends, we read the stream."""

from typing import Any

from runs.engine.errors import ProviderError
from runs.engine.provider.asked_stream import AskedStream
from runs.engine.provider.dialects.asking import Asking
from runs.engine.provider.dialects.memory import MemoryDialects
from runs.engine.provider.dialects.native import native
from runs.engine.provider.dialects.openai import is_openai, openai_body
from runs.engine.provider.dialects.port import Dialects
from runs.engine.provider.openai_stream import OpenAIStream
from runs.engine.provider.reasoning import reasons
from runs.engine.provider.sdk import open_client, send
from runs.engine.provider.transport import COALESCE_S
from runs.engine.types import ModelRequest

READ_TIMEOUT_S = 60.0
# The name under which a stored answer has the id of its call.
CALL_ID = "agentsite_call"
# A model that reasons where nobody sees it may say nothing for so many times longer.
THINKS_LONGER = 5


class OpenAIModel:
    """One endpoint. Belongs to the event loop of its first request.

    `as_openai` says that it takes what OpenAI takes, whatever its address. One that `stores` keeps
    answers, which can be found by the id of their call; where they are `findable`, by their own.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        coalesce_s: float = COALESCE_S,
        dialects: Dialects | None = None,
        as_openai: bool = False,
        stores: bool = False,
        findable: bool = False,
    ) -> None:
        self._client = open_client(
            api_key=api_key,
            base_url=base_url,
            read_timeout_s=read_timeout_s,
            coalesce_s=coalesce_s,
        )
        self._secret = api_key
        self._silence_s = read_timeout_s
        self._dialects = dialects or MemoryDialects()
        own = as_openai or is_openai(self._client.base_url.host)
        self._spelling = openai_body if own else native
        self._stores = stores
        self._findable = findable

    async def stream(self, request: ModelRequest) -> AskedStream:
        """Send the request; return when the answer's headers are there.

        A refusal that says how the endpoint wants to be asked is learnt, and the request sent
        again: it costs nothing. Raises `ProviderError`, of code `context_full` where the prompt
        doesn't fit.
        """
        body = self._spelling(request)
        if self._stores:
            body |= {"store": True, "metadata": {CALL_ID: request.call_id}}
        asking = Asking(request, body, await self._dialects.of(request.model))
        try:
            stream = await self._ask(asking)
        except ProviderError:
            await self._keep(asking)
            raise
        return AskedStream(stream, asking, self._ask, self._accept)

    def context_tokens(self, model: str) -> int | None:
        """How many tokens the model's window has, once it was learnt."""
        return self._dialects.known(model).context_tokens

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _ask(self, asking: Asking) -> OpenAIStream:
        while True:
            try:
                stream = await self._send(asking.body(), asking.cap, asking.traceparent)
            except ProviderError as error:
                asking.refused(error)
            else:
                return stream

    async def _accept(self, asking: Asking) -> None:
        asking.accepted()
        await self._keep(asking)

    async def _keep(self, asking: Asking) -> None:
        lessons, asking.learnt = asking.learnt, []
        if lessons:
            await self._dialects.learn(asking.model, lessons)

    async def _send(
        self, body: dict[str, Any], max_output_tokens: int, traceparent: str
    ) -> OpenAIStream:
        # `extra_body` goes out as it is. The SDK's typed transform costs a millisecond a call, and
        # more the longer the conversation is.
        response = await send(
            self._client.chat.completions.with_streaming_response.create,
            secret=self._secret,
            traceparent=traceparent,
            model=body["model"],
            messages=[],
            stream=True,
            extra_body=body,
        )
        stream = OpenAIStream(
            response,
            max_output_tokens,
            silence_s=self._silence_s * (THINKS_LONGER if _thinks(body) else 1),
            secret=self._secret,
            findable=self._findable,
        )
        try:
            await stream.check()
        except BaseException:
            await stream.close()
            raise
        return stream


def _thinks(body: dict[str, Any]) -> bool:
    return reasons(body["model"], body.get("reasoning_effort", ""))
