"""Breakers in Redis, shared by all workers. Calls go on without them while it is away or refuses.

A call looks at what this process read within a second, else it asks Redis once. Only a change is
written: a failure, the first success after one, a probe. Each is a swap of the text that was read
for another, so that of many workers one has it.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from runs.breakers import key_of, read, written
from runs.engine.breaker import CLOSED, Breaker, Rules
from runs.engine.types import Admission, Outage

T = TypeVar("T")

VIEW_S = 1.0
# A call waits no longer than this for Redis, and lets one that failed alone for a while.
ANSWER_S = 0.5
BLIND_S = 5.0
# What nobody has changed for so long is forgotten.
KEEP_S = 86_400
# Each lost swap is another's change, and few can be made before the breaker is open.
MOST_SWAPS = 20
# Answers whether it swapped, what stands there now, and the time, by the one clock of all workers.
SWAP = """
local now = redis.call('TIME')
local text = redis.call('GET', KEYS[1]) or ''
if text ~= ARGV[1] then return {0, text, now[1], now[2]} end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return {1, ARGV[2], now[1], now[2]}
"""

Change = Callable[[Breaker, float], Breaker | None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """What stood in Redis at a moment of this process's own clock."""

    text: bytes
    breaker: Breaker
    at: float


UNREAD = View(b"", CLOSED, float("-inf"))


class RedisBreakers:
    """The engine's `Breakers` port for all runs of a process."""

    def __init__(self, redis_url: str, rules: Rules, fallbacks: Mapping[str, str]) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 1),
        )
        self._rules = rules
        self._fallbacks = fallbacks
        self._views: dict[str, View] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._ahead_s = time.time() - time.monotonic()
        self._blind_until = 0.0

    def fallback(self, model: str) -> str | None:
        """The model that this site calls instead."""
        return self._fallbacks.get(model)

    async def outage(self, model: str) -> Outage | None:
        """Why a call wouldn't be let in now."""
        await self._look(model)
        breaker = self._view(model).breaker
        admits = breaker.admit(self._now(), "", self._rules)
        return None if admits or self._blind else breaker.outage(model)

    async def admit(self, model: str) -> Admission | Outage:
        """Leave to call the model, or why not; leave where Redis can't be asked."""
        await self._look(model)
        probe = uuid4().hex

        def enter(breaker: Breaker, now: float) -> Breaker | None:
            return breaker.admit(now, probe, self._rules)

        admitted = await self._change(model, enter)
        if self._blind:
            return Admission(model)
        if admitted is None:
            return self._view(model).breaker.outage(model)
        return Admission(model, probe if admitted.probe == probe else "")

    async def answered(self, admission: Admission) -> None:
        """The provider answers."""
        await self._change(admission.model, lambda known, _: known.answered(admission.probe))

    async def failed(self, admission: Admission, code: str) -> None:
        """The provider failed."""

        def fail(breaker: Breaker, now: float) -> Breaker:
            return breaker.failed(now, admission.probe, code, self._rules)

        was_open_until = self._view(admission.model).breaker.open_until
        after = await self._change(admission.model, fail)
        if after and after.open_until > was_open_until:
            told = {"model": admission.model, "failures": after.failures, "reason": code}
            logger.error("a model's calls keep failing, and it is left alone", extra=told)

    async def withdrawn(self, admission: Admission) -> None:
        """Nothing is known of the provider."""
        await self._change(admission.model, lambda known, _: known.withdrawn(admission.probe))

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    @property
    def _blind(self) -> bool:
        return time.monotonic() < self._blind_until

    def _now(self) -> float:
        return time.monotonic() + self._ahead_s

    def _view(self, model: str) -> View:
        return self._views.get(model, UNREAD)

    async def _look(self, model: str) -> None:
        """Have a view that isn't old; one read for all who ask at once."""
        async with self._locks[model]:
            if self._blind or time.monotonic() - self._view(model).at < VIEW_S:
                return
            pipe = self._redis.pipeline(transaction=False)
            pipe.get(key_of(model))
            pipe.time()
            if (answer := await self._in_time(pipe.execute())) is not None:
                text, now = answer
                self._saw(model, text or b"", now)

    async def _change(self, model: str, change: Change) -> Breaker | None:
        """Change the breaker as it is now, if that changes it; None where it can't be."""
        for _ in range(0 if self._blind else MOST_SWAPS):
            before = self._view(model)
            after = change(before.breaker, self._now())
            if after is None or after == before.breaker:
                return after
            swap = self._redis.eval(SWAP, 1, key_of(model), before.text, written(after), KEEP_S)
            answer = await self._in_time(swap)
            if answer is None:
                return None
            swapped, text, *now = answer
            self._saw(model, text, now)
            if swapped:
                return after
        return None

    def _saw(self, model: str, text: bytes, now: Any) -> None:
        seconds, microseconds = now
        at = time.monotonic()
        self._ahead_s = int(seconds) + int(microseconds) / 1e6 - at
        self._views[model] = View(text, read(text), at)

    async def _in_time(self, asked: Awaitable[T]) -> T | None:
        """The answer; None where there is none, and then nothing is asked for a while."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asked
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("breakers can't be asked now: %s", error or "no answer")
            self._blind_until = time.monotonic() + BLIND_S
            return None
