"""Counters in Redis, any number of them raised in one round trip.

A Redis that is away, or refuses, stops nobody: the answer is None then, and the log says so once.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import caches
from redis import BlockingConnectionPool, Redis
from redis.asyncio import Redis as AwaitedRedis
from redis.asyncio.retry import Retry as AwaitedRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from web.together import Together

# A request waits no longer for it. One that failed lets all others go on for a while.
ANSWER_S = 1.0
AGAIN_S = 1.0
MOST_THREADS = 64
# KEYS are counters; ARGV has the limit of each, and after how many seconds it goes. All are raised,
# or none where one of them is full already: that one is answered as one more than it has.
RAISE = """
local counts, full = {}, false
for i, key in ipairs(KEYS) do
  counts[i] = tonumber(redis.call('GET', key) or '0')
  if counts[i] >= tonumber(ARGV[2 * i - 1]) then
    counts[i], full = counts[i] + 1, true
  end
end
if full then return counts end
for i, key in ipairs(KEYS) do
  counts[i] = redis.call('INCR', key)
  if counts[i] == 1 then redis.call('EXPIRE', key, ARGV[2 * i]) end
end
return counts
"""

logger = logging.getLogger(__name__)


class _Calls:
    """One event loop's calls, on one connection."""

    def __init__(self, address: str) -> None:
        self.loop = asyncio.get_running_loop()
        self._redis = AwaitedRedis.from_url(
            address,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=AwaitedRetry(NoBackoff(), 0),
        )
        self.together: Together[tuple[Any, ...], list[int]] = Together(self._answers)

    async def _answers(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Run the script for each of these, and return the answers or errors."""
        pipeline = self._redis.pipeline(transaction=False)
        for arguments in calls:
            pipeline.eval(RAISE, *arguments)
        return list(await pipeline.execute(raise_on_error=False))


class Counters:
    """The counters of one Redis, for code that waits and for code that awaits."""

    def __init__(self, address: str, prefix: str) -> None:
        self._address = address
        self._prefix = prefix
        pool = BlockingConnectionPool.from_url(
            address,
            max_connections=MOST_THREADS,
            timeout=ANSWER_S,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis(connection_pool=pool)
        self._calls: _Calls | None = None
        self._away_until = 0.0
        self._away = False

    def add(self, keys: Sequence[str], sizes: Sequence[int]) -> list[int] | None:
        """Raise the counters and return what they have.

        `sizes` are of each its limit, and the seconds after which it goes.
        """
        if self._pausing:
            return None
        try:
            counts: Any = self._redis.eval(RAISE, len(keys), *self._named(keys), *sizes)
        except (RedisError, OSError) as error:
            self._failed(error)
            return None
        return self._answered(counts)

    async def aadd(self, keys: Sequence[str], sizes: Sequence[int]) -> list[int] | None:
        """The same, awaited."""
        if self._pausing:
            return None
        try:
            call = len(keys), *self._named(keys), *sizes
            counts = await self._of_this_loop().together.call(call)
        except (RedisError, OSError) as error:
            self._failed(error)
            return None
        return self._answered(counts)

    def _of_this_loop(self) -> "_Calls":
        calls = self._calls
        if calls is None or calls.loop is not asyncio.get_running_loop():
            calls = self._calls = _Calls(self._address)
        return calls

    def _named(self, keys: Sequence[str]) -> list[str]:
        return [self._prefix + key for key in keys]

    @property
    def _pausing(self) -> bool:
        return self._away and time.monotonic() < self._away_until

    def _failed(self, error: Exception) -> None:
        self._away_until = time.monotonic() + AGAIN_S
        if not self._away:
            self._away = True
            logger.warning("rate limits are off, as they can't be counted: %s", error)

    def _answered(self, counts: list[int]) -> list[int]:
        if self._away:
            self._away = False
            logger.warning("rate limits are counted again")
        return counts


@cache
def _counters_at(address: str, _prefix: str) -> Counters:
    return Counters(address, caches["default"].make_key(""))


def counters() -> Counters:
    """Those in Django's cache, where django-ratelimit looks for them as well."""
    place: Any = settings.CACHES["default"]
    return _counters_at(place["LOCATION"], place["KEY_PREFIX"])
