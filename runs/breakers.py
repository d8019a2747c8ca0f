"""Breakers in Redis, where all workers share them: how they are written there, and read for people.

Who calls models is the executor, and changes them; see `runs.executor.breakers`.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import orjson
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from billing.providers import provider_of
from runs.engine.breaker import CLOSED, Breaker, Rules, State

# A page waits no longer than this for Redis, and asks one that failed again only after a while.
ANSWER_S = 0.3
AGAIN_S = 5.0
# Beyond the silence of a provider: connecting, and waiting for money.
PROBE_MARGIN_S = 15.0

logger = logging.getLogger(__name__)


def rules() -> Rules:
    """When this site's breakers open, and for how long."""
    return Rules(
        failures=settings.BREAKER_FAILURES,
        open_s=settings.BREAKER_OPEN_S,
        probe_s=settings.PROVIDER_TIMEOUT_S + PROBE_MARGIN_S,
    )


def key_of(model: str) -> str:
    """Where the breaker of a model stands: at another endpoint it is another one."""
    return f"{settings.REDIS_PREFIX}:breaker:{provider_of(model).endpoint}:{model}"


def written(breaker: Breaker) -> bytes:
    """As it stands in Redis; a closed one without failures doesn't."""
    return b"" if breaker == CLOSED else orjson.dumps(breaker)


def read(text: bytes | None) -> Breaker:
    """What stands in Redis; what another release can't be understood in is as good as nothing."""
    try:
        return Breaker(**orjson.loads(text)) if text else CLOSED
    except (orjson.JSONDecodeError, TypeError):
        return CLOSED


@dataclass(frozen=True, slots=True)
class Seen:
    """Some breakers as they were at a moment of Redis' clock."""

    breakers: Mapping[str, Breaker]
    now: float

    def state(self, model: str) -> State:
        """Closed, open or half open."""
        return self.breakers[model].state(self.now)

    def is_open(self, model: str) -> bool:
        """True where no call is let in for now."""
        return self.state(model) == "open"


class Reader:
    """Reads breakers for pages and requests. While Redis is away, nothing is known of any."""

    def __init__(self) -> None:
        self._redis = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 1),
        )
        self._blind_until = 0.0

    def of(self, models: Sequence[str]) -> Seen | None:
        """The breaker of each model; None while Redis is away."""
        if time.monotonic() < self._blind_until:
            return None
        pipe = self._redis.pipeline(transaction=False)
        pipe.mget([key_of(model) for model in models])
        pipe.time()
        try:
            texts, (seconds, microseconds) = pipe.execute()
        except (RedisError, OSError) as error:
            logger.warning("breakers can't be read: %s", error)
            self._blind_until = time.monotonic() + AGAIN_S
            return None
        breakers = {model: read(text) for model, text in zip(models, texts, strict=True)}
        return Seen(breakers, seconds + microseconds / 1e6)

    def forget(self, model: str) -> bool:
        """Close a breaker, as staff wish; False while Redis is away."""
        try:
            self._redis.delete(key_of(model))
        except (RedisError, OSError) as error:
            logger.warning("a breaker can't be closed: %s", error)
            return False
        return True


@cache
def reader() -> Reader:
    """This process's reader."""
    return Reader()
