"""The engine's `Model` port on the SDK's own objects: what the product's stream reader replaces."""

from collections.abc import AsyncIterator
from typing import cast

from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from runs.engine.types import ModelRequest, Reply, ToolCall, Usage


class SdkModel:
    """One endpoint, read with `async for chunk in client.chat.completions.create(stream=True)`."""

    def __init__(self, *, api_key: str, base_url: str) -> None:
        self._client = AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0)

    async def stream(self, request: ModelRequest) -> "SdkStream":
        """Send the request; return when the answer's headers are there."""
        chunks = await self._client.chat.completions.create(
            model=request.model,
            messages=cast(list[ChatCompletionMessageParam], request.messages),
            max_completion_tokens=request.max_output_tokens,
            stream=True,
            stream_options={"include_usage": True},
        )
        return SdkStream(chunks)

    def context_tokens(self, model: str) -> int | None:
        """It learns nothing."""
        return None

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


class SdkStream:
    """One answer on its way, gathered from the SDK's chunks."""

    def __init__(self, chunks: AsyncStream[ChatCompletionChunk]) -> None:
        self.usage: Usage | None = None
        self._chunks = chunks
        self._text: list[str] = []
        self._characters = 0
        self._calls: dict[int, list[str]] = {}
        self._finish_reason = ""
        self._model = ""

    async def __aiter__(self) -> AsyncIterator[str]:
        async for chunk in self._chunks:
            yield self._take(chunk)

    @property
    def reply(self) -> Reply | None:
        """The whole answer, once the stream ended properly."""
        if not self._finish_reason:
            return None
        calls = tuple(
            ToolCall(call_id, name, arguments)
            for _, (call_id, name, arguments) in sorted(self._calls.items())
        )
        return Reply("".join(self._text), calls, self._finish_reason, self._model)

    @property
    def ended(self) -> bool:
        """What it says of an answer is not looked at."""
        return False

    @property
    def cut(self) -> bool:
        """The SDK's own objects know no cap to watch."""
        return False

    @property
    def characters(self) -> int:
        """How much text came."""
        return self._characters

    @property
    def received(self) -> str:
        """The text so far."""
        return "".join(self._text)

    async def close(self) -> None:
        """Drop the connection, or keep it when the answer was read to its end."""
        await self._chunks.close()

    def _take(self, chunk: ChatCompletionChunk) -> str:
        self._model = chunk.model
        if chunk.usage:
            self.usage = Usage(chunk.usage.prompt_tokens, 0, chunk.usage.completion_tokens)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self._finish_reason = choice.finish_reason or self._finish_reason
        for fragment in choice.delta.tool_calls or ():
            parts = self._calls.setdefault(fragment.index, [fragment.id or "", "", ""])
            if fragment.function:
                parts[1] += fragment.function.name or ""
                parts[2] += fragment.function.arguments or ""
        text = choice.delta.content or ""
        self._text.append(text)
        self._characters += len(text)
        return text
