"""One paid call: replay, hold, send, receive, settle. Retries are ours, each with its own hold."""

import asyncio
import random
from dataclasses import replace

from runs.engine.calls.admission import Admissions, Passage
from runs.engine.calls.attempt import Attempt
from runs.engine.calls.request import Answer, CallRequest
from runs.engine.calls.stopping import check, see_through, until_halted
from runs.engine.errors import MustConclude, Paused, ProviderError, Refused, Stopped
from runs.engine.ports import Ports, Resumes
from runs.engine.types import Hold, Recorded, Reply, StepStart

MAX_ATTEMPTS = 3
# An answer that broke off was paid for, so that it is worth one more attempt, not two.
MAX_BROKEN_OFF = 1
FIRST_BACKOFF_S = 0.25
MAX_BACKOFF_S = 8.0
# How often a wait looks whether the run is to conclude or to be handed back.
LOOK_UP_S = 0.5


class PaidCalls:
    """Makes the calls of one run, also side by side."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._journal = ports.journal
        self._stop = ports.stop
        self._clock = ports.clock
        self._admissions = Admissions(ports.breakers, ports.journal)
        self._cut: dict[str, str] = {}
        self._no_money = False
        self._paused: Paused | None = None

    @property
    def cut_text(self) -> str:
        """What the unfinished answers had so far."""
        return "\n\n".join(self._cut.values())

    async def make(self, request: CallRequest) -> Answer:
        """Return the recorded answer, or buy one.

        Raises `MustConclude`, `Paused`, `Stopped`, `Refused`, `ProviderError`, `Fenced`.
        """
        if recorded := self._journal.recorded(request.key):
            return await self._replay(request, recorded)
        if reply := await self._read_on(request):
            return Answer(request.key, reply)
        tried = broken_off = 0
        while True:
            self._check(request)
            attempt = await self._attempt(request)
            if reply := attempt.reply:
                self._cut.pop(request.key, None)
                return Answer(request.key, reply)
            tried += 1
            broken_off += attempt.began
            error = attempt.failure
            if not error.retryable or tried == MAX_ATTEMPTS or broken_off > MAX_BROKEN_OFF:
                raise error
            await self._back_off(error, tried, request)

    async def _replay(self, request: CallRequest, recorded: Recorded) -> Answer:
        if recorded.digest != request.digest and not recorded.taken:
            message = f"{request.label}: the recorded answer was made for another wording."
            await self._journal.emit("notice", {"code": "digest_changed", "message": message})
        await self._journal.replayed(recorded, request.label)
        return Answer(request.key, Reply.of(recorded.response), replayed=recorded.told)

    async def _attempt(self, request: CallRequest) -> Attempt:
        async with self._admissions.to(request.model) as passage:
            attempt = await self._buy(request, passage)
            await passage.end(
                answered=attempt.reply is not None,
                error=None if attempt.reply else attempt.failure,
            )
        return attempt

    async def _buy(self, request: CallRequest, passage: Passage) -> Attempt:
        called = request.by(passage.model)
        # Whoever answers, it is the answer to what was asked.
        start = replace(
            called.start(self._journal.next_attempt(request.key)), digest=request.digest
        )
        hold = await self._hold(start)
        attempt = Attempt(called, start.attempt, hold, passage)
        await self._see_end(attempt, start, hold)
        return attempt

    async def _read_on(self, request: CallRequest) -> Reply | None:
        """The answer that an earlier epoch paid for, where the provider goes on making it."""
        attached = self._journal.attached(request.key)
        if attached is None:
            return None
        called = request.by(attached.model)
        start = replace(called.start(attached.attempt), digest=request.digest)
        attempt = Attempt(called, attached.attempt, attached.hold, None, attached.found)
        if attached.digest != request.digest or not isinstance(self._ports.model, Resumes):
            end = attempt.end(stopped=False, duration_ms=0)
            await see_through(self._journal.settle(start, attached.hold, end))
            return None
        await self._see_end(attempt, start, attached.hold)
        return attempt.reply

    async def _see_end(self, attempt: Attempt, start: StepStart, hold: Hold) -> None:
        """Receive the answer and settle what it cost, whatever interrupts that. Raises that.

        An answer that goes on at the provider is left unsettled where the worker ends.
        """
        request = attempt.request
        began_s = self._clock.monotonic()
        interruption: BaseException | None = None
        try:
            await until_halted(attempt.receive(self._ports), self._stop)
        except (Exception, asyncio.CancelledError) as error:
            interruption = error
        stopped = isinstance(interruption, Stopped | asyncio.CancelledError)
        duration_ms = round(1000 * (self._clock.monotonic() - began_s))
        if request.schema is None and attempt.text and not attempt.reply:
            self._cut[request.key] = attempt.text
        try:
            # Its money stays dispatched: the next worker reads the same answer on.
            if not (stopped and self._stop.reason == "shutdown" and attempt.goes_on):
                end = attempt.end(stopped=stopped, duration_ms=duration_ms)
                await see_through(self._journal.settle(start, hold, end))
                # Whoever lost the run was fenced here: the answer may be another worker's by now.
                await see_through(attempt.give_up())
        finally:
            self._ports.live.close(start.key, start.attempt)
            await see_through(attempt.close())
        ended_in_time = isinstance(interruption, Stopped) and attempt.reply
        if interruption is not None and not ended_in_time:
            raise interruption

    def _check(self, request: CallRequest) -> None:
        """Raise when this call may not begin; once one was refused for money, only the closing."""
        check(self._stop, closing=request.closing)
        if self._paused and not request.closing:
            raise self._paused
        if self._no_money and not request.closing:
            raise MustConclude("budget")

    async def _hold(self, start: StepStart) -> Hold:
        try:
            return await self._journal.hold(start)
        except Paused as paused:
            self._paused = paused
            raise
        except Refused as refused:
            if refused.code == "budget_exceeded" and not start.closing:
                self._no_money = True
                raise MustConclude("budget") from refused
            raise

    async def _back_off(self, error: ProviderError, tried: int, request: CallRequest) -> None:
        wait_s = error.retry_after
        if wait_s is None:
            longest_s = min(FIRST_BACKOFF_S * 2**tried, MAX_BACKOFF_S)
            wait_s = random.uniform(longest_s / 2, longest_s)  # noqa: S311  # spreads, hides nothing
        until_s = self._clock.monotonic() + wait_s
        while (left_s := until_s - self._clock.monotonic()) > 0:
            self._check(request)
            await until_halted(asyncio.sleep(min(left_s, LOOK_UP_S)), self._stop)
