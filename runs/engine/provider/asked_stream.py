"""An answer that is asked for anew where an endpoint refuses the request inside it."""

from collections.abc import AsyncIterator, Awaitable, Callable

from runs.engine.errors import ProviderError
from runs.engine.provider.dialects.asking import Asking
from runs.engine.provider.openai_stream import OpenAIStream
from runs.engine.types import FoundBy, Reply, Usage


class AskedStream:
    """The answer to one request, whichever wording brings it.

    Some endpoints refuse a request after they said 200. `accept` is called once the answer begins:
    only then it is sure that it was phrased well.
    """

    def __init__(
        self,
        stream: OpenAIStream,
        asking: Asking,
        ask: Callable[[Asking], Awaitable[OpenAIStream]],
        accept: Callable[[Asking], Awaitable[None]],
    ) -> None:
        self._stream = stream
        self._asking = asking
        self._ask = ask
        self._accept = accept
        self._accepted = False
        self._sent_anew = False

    async def __aiter__(self) -> AsyncIterator[str]:
        """Text as it arrives. Raises `ProviderError` when the stream breaks."""
        while True:
            try:
                async for piece in self._stream:
                    if self._stream.characters and not self._accepted:
                        await self._begun()
                    yield piece
            except ProviderError as error:
                await self._anew(error)
            else:
                if not self._accepted:
                    await self._begun()
                return

    @property
    def reply(self) -> Reply | None:
        """The whole answer, once the stream ended properly."""
        return self._stream.reply

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, if it said so."""
        return self._stream.usage

    @property
    def cut(self) -> bool:
        """True when we ended an answer that ran past its cap."""
        return self._stream.cut

    @property
    def ended(self) -> bool:
        """True when the provider itself ended the answer, so that it writes no more."""
        return self._stream.ended and not self._sent_anew

    @property
    def found_by(self) -> FoundBy | None:
        """The answer's id, where the provider can be asked for it."""
        return self._stream.found_by

    @property
    def characters(self) -> int:
        """How long the output is so far."""
        return self._stream.characters

    @property
    def received(self) -> str:
        """All output received so far."""
        return self._stream.received

    async def close(self) -> None:
        """Drop the connection, or keep it for the next call when the answer was complete."""
        await self._stream.close()

    async def _begun(self) -> None:
        self._accepted = True
        await self._accept(self._asking)

    async def _anew(self, error: ProviderError) -> None:
        """Ask in other words, if the refusal is all that came and says which."""
        if self._stream.received or self._stream.usage:
            raise error
        self._asking.refused(error)
        await self._stream.close()
        self._sent_anew = True
        self._stream = await self._ask(self._asking)
        self._sent_anew = False
