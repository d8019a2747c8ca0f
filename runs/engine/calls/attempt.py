"""One attempt of a paid call: receives the answer, and says afterwards what it bought."""

from typing import Literal

from runs.engine import tokens
from runs.engine.calls import metering
from runs.engine.calls.admission import Passage
from runs.engine.calls.request import CallRequest
from runs.engine.errors import ProviderError
from runs.engine.identity import nth_attempt
from runs.engine.ports import Findable, GoesOn, ModelStream, Ports, Resumes
from runs.engine.provider.failures import STREAM_CUT
from runs.engine.types import Confidence, FoundBy, Hold, Reply, StepEnd, Usage

PREVIEW_CHARACTERS = 200


class Attempt:
    """Filled by `receive`; whatever interrupts that, `end` is true to what had happened."""

    def __init__(
        self,
        request: CallRequest,
        number: int,
        hold: Hold,
        passage: Passage | None,
        found: FoundBy | None = None,
    ) -> None:
        """Without a `passage` no breaker is told; a `found` answer isn't asked for anew."""
        self.request = request
        self.number = number
        self.error: ProviderError | None = None
        self.text = ""
        self._hold = hold
        self._passage = passage
        self._found = found
        self._identified = found is not None
        self._stream: ModelStream | None = None
        self._speed = metering.Speedometer()

    async def receive(self, ports: Ports) -> None:
        """Send the request and read the answer to its end. Failures are kept in `error`."""
        request, live, clock = self.request, ports.live, ports.clock
        self._speed.read(clock.monotonic(), 0)
        try:
            stream = self._stream = await self._begin(ports)
            findable = stream if isinstance(stream, Findable) else None
            async for piece in stream:
                self._speed.read(clock.monotonic(), stream.characters)
                if findable and not self._identified:
                    await self._identify(ports, findable)
                if stream.characters and self._passage and self._passage.awaited:
                    await self._passage.answers()
                self.text += piece
                if piece and request.schema is None:
                    live.text(request.key, self.number, piece)
                if piece and request.heard:
                    request.heard(self.text)
        except ProviderError as error:
            self.error = error
        else:
            self.error = None if stream.reply else _ended_early()

    async def _begin(self, ports: Ports) -> ModelStream:
        key = self.request.key
        sent = self.request.sent(
            self._hold.max_output_tokens,
            ports.origin,
            call_id=ports.journal.effect_id(key, nth_attempt(self.number)),
            traceparent=ports.traceparent(key),
        )
        if self._found is not None and isinstance(ports.model, Resumes):
            return await ports.model.resume(sent, self._found)
        return await ports.model.stream(sent)

    async def _identify(self, ports: Ports, stream: Findable) -> None:
        """Journal how the answer can be found again, before more of it is read."""
        if found := stream.found_by:
            await ports.journal.identified(self.request.key, self.number, found)
            self._identified = True

    async def give_up(self) -> None:
        """Nobody wants the answer any more."""
        if isinstance(self._stream, GoesOn) and not self.reply:
            await self._stream.give_up()

    @property
    def goes_on(self) -> bool:
        """True while the provider writes an answer that any worker can find and read on."""
        stream = self._stream
        return self._in_background and self._identified and not (stream and stream.ended)

    @property
    def failure(self) -> ProviderError:
        """Why there is no answer."""
        return self.error or _ended_early()

    async def close(self) -> None:
        """Give the connection back, or drop it."""
        if self._stream is not None:
            await self._stream.close()

    @property
    def reply(self) -> Reply | None:
        """The complete answer, if there is one."""
        return self._stream.reply if self._stream else None

    @property
    def began(self) -> bool:
        """True once some of the answer had come."""
        return self._stream is not None and self._stream.received != ""

    def end(self, *, stopped: bool, duration_ms: int) -> StepEnd:
        """How the attempt ended, by the table of outcomes in the design."""
        if reply := self.reply:
            return self._done(reply, duration_ms)
        error = self.error
        confidence: Confidence
        status: Literal["failed", "cancelled", "in_doubt"]
        usage: Usage | None
        if self._bought_nothing(error) or self._said_nothing():
            status, usage, confidence = "failed", None, "exact"
        elif self._stream is not None and self._stream.ended:
            status = "failed"
            usage, confidence = self._ended_by_provider(self._stream)
        elif self._answer_unknown(stopped):
            bounds = metering.bounds(self.request, self._hold.max_output_tokens)
            status, usage, confidence = "in_doubt", bounds, "in_doubt"
        else:
            status = "failed" if error else "cancelled"
            usage, confidence = self._cut(), "estimated"
        return StepEnd(
            status,
            usage,
            confidence,
            duration_ms,
            error={"code": error.code, "message": error.message} if error else None,
            preview=self.text[-PREVIEW_CHARACTERS:],
            first_output_ms=self._speed.first_output_ms,
        )

    def _answer_unknown(self, stopped: bool) -> bool:
        """True when it was sent and no headers came, or when our own code broke.

        An answer in the background goes on without us, and the provider can be asked for it.
        """
        if self._in_background:
            return True
        if self.error:
            return self._stream is None
        return not stopped

    def _bought_nothing(self, error: ProviderError | None) -> bool:
        """True when it was refused. What an earlier epoch sent was sent."""
        refused = error is not None and error.bought == "nothing"
        return refused and not self.began and self._found is None and not self._in_background

    @property
    def _in_background(self) -> bool:
        found = self._stream.found_by if isinstance(self._stream, Findable) else None
        return found is not None and found.after is not None

    def _said_nothing(self) -> bool:
        """True when the provider itself ended an answer of which nothing had come."""
        stream = self._stream
        return stream is not None and stream.ended and not stream.received and not stream.usage

    def _ended_by_provider(self, stream: ModelStream) -> tuple[Usage, Confidence]:
        """What it counted, else what came: it writes no more."""
        if counted := stream.usage:
            return counted, "exact"
        output = tokens.count(stream.received)
        return Usage(self.request.counted_input_tokens, 0, output), "estimated"

    def _cut(self) -> Usage:
        received = self._stream.received if self._stream else ""
        return metering.cut(self.request, received, self._hold.max_output_tokens, self._speed)

    def _done(self, reply: Reply, duration_ms: int) -> StepEnd:
        stream = self._stream
        usage = stream.usage if stream else None
        confidence: Confidence = "exact"
        if stream and usage is None:
            cap = self._hold.max_output_tokens
            measure = metering.overrun if stream.cut else metering.complete
            usage = measure(self.request, stream.received, cap, self._speed)
            confidence = "estimated"
        calls = ", ".join(f"{call.name}({call.arguments})" for call in reply.tool_calls)
        preview = (reply.content or calls)[:PREVIEW_CHARACTERS]
        past_cap = stream is not None and stream.cut
        return StepEnd(
            "done",
            usage,
            confidence,
            duration_ms,
            reply,
            preview=preview,
            past_cap=past_cap,
            first_output_ms=self._speed.first_output_ms,
        )


def _ended_early() -> ProviderError:
    return STREAM_CUT.error()
