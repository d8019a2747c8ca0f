"""Breakers of the test site in some state, as workers would have left them."""

import time

from django.conf import settings
from redis import Redis

from runs.breakers import key_of, written
from runs.engine.breaker import CLOSED, Breaker


def put(model: str, breaker: Breaker) -> None:
    """Let a model's breaker be this."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.set(key_of(model), written(breaker))


def opened(for_s: float = 24, code: str = "connection") -> Breaker:
    """Five calls failed, and for so many seconds there is no other."""
    now = time.time()
    return Breaker(5, now - 6, now, code, now + for_s)


def half_open(probed_for_s: float = 0) -> Breaker:
    """The pause is over, and perhaps a call tries the model."""
    now = time.time()
    return Breaker(
        5, now - 90, now - 40, "timeout", now - 1, "p" * bool(probed_for_s), now + probed_for_s
    )


def close_all() -> None:
    """All models answer again."""
    for model in settings.PROVIDER_MODELS:
        put(model, CLOSED)
