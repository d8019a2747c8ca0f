"""The counters of rate limits, which one test must not leave to the next."""

import os
from functools import cache

from django.conf import settings
from django.core.cache import caches
from redis import Redis


def forget_counts() -> None:
    """Nobody has asked for anything yet, as far as the rate limits know."""
    redis = _redis()
    pattern = caches["default"].make_key(f"{settings.RATELIMIT_CACHE_PREFIX}*")
    if counters := redis.keys(pattern):
        redis.delete(*counters)


@cache
def _redis() -> Redis:
    return Redis.from_url(os.environ["REDIS_URL"])
