"""The Redis key that tells workers that someone watches; without Redis, nobody is told."""

import asyncio
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from runs.hints import WATCH_S, new_watch_value

# Not the client's own limit: that one may lose a cancellation, and its task would never end.
ANSWER_S = 2.0

logger = logging.getLogger(__name__)


class WatchKey:
    """Each value is new, and asks for all of what is being written."""

    def __init__(self, redis: Redis, key: str) -> None:
        self._redis = redis
        self._key = key

    async def ask(self) -> None:
        """Set it anew."""
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._redis.set(self._key, new_watch_value(), ex=WATCH_S)
        except (RedisError, OSError) as error:
            logger.warning("no live text, Redis is away: %s", error)

    async def renew(self) -> None:
        """Keep it; it is gone when Redis was emptied."""
        try:
            async with asyncio.timeout(ANSWER_S):
                known = await self._redis.expire(self._key, WATCH_S)
        except (RedisError, OSError):
            return
        if not known:
            await self.ask()
