"""Models that their providers shut down: when, as the settings and the providers' lists have it.

Workers read the lists and leave the dates in Redis, where all processes look them up. A date that
can't be read stops nothing: the provider itself refuses then.
"""

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from functools import cache

import orjson
from django.conf import settings
from django.utils import timezone
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from billing.providers import provider_of
from runs.engine.provider.shutdowns import sentence

WARNING = timedelta(days=30)
# A page waits no longer than this for Redis, and asks again after a while, whatever it answered.
ANSWER_S = 0.3
AGAIN_S = 60.0

logger = logging.getLogger(__name__)


def key_of(endpoint: str) -> str:
    """Where the dates of an endpoint's list stand."""
    return f"{settings.REDIS_PREFIX}:shutdowns:{endpoint}"


def written(dates: Mapping[str, date]) -> bytes:
    """As they stand in Redis."""
    return orjson.dumps(dates)


def _read(text: bytes | str | None) -> dict[str, date]:
    try:
        return {
            model: date.fromisoformat(day) for model, day in orjson.loads(text or b"{}").items()
        }
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        return {}


class Shutdowns:
    """The dates that this process knows."""

    def __init__(self) -> None:
        self._redis = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 1),
        )
        self._listed: dict[str, dict[str, date]] = {}
        self._ask_at = 0.0

    @property
    def due(self) -> bool:
        """True where `look` would ask Redis."""
        return time.monotonic() >= self._ask_at

    def look(self) -> None:
        """Read what the workers left, unless that was done lately."""
        if not self.due:
            return
        self._ask_at = time.monotonic() + AGAIN_S
        endpoints = [provider.endpoint for provider in settings.PROVIDERS]
        try:
            texts = self._redis.mget([key_of(endpoint) for endpoint in endpoints])
        except (RedisError, OSError) as error:
            logger.warning("dates of shutdowns can't be read: %s", error)
            return
        self._listed = dict(zip(endpoints, map(_read, texts), strict=True))

    def of(self, model: str) -> date | None:
        """The day from which the model isn't called any more; None where none is known."""
        told: Mapping[str, date | None] = settings.MODEL_SHUTDOWN_DATES
        known: Mapping[str, date] = settings.KNOWN_SHUTDOWN_DATES
        provider = provider_of(model)
        listed = self._listed.get(provider.endpoint, {})
        if model in told:
            return told[model]
        return listed.get(provider.own_name(model)) or known.get(model)

    def ended(self, model: str) -> date | None:
        """The day on which the model was shut down; None while it lives."""
        day = self.of(model)
        return day if day and day <= today() else None


def today() -> date:
    """The day by which models are shut down, in UTC."""
    return timezone.now().date()


@cache
def shutdowns() -> Shutdowns:
    """Those of this process."""
    return Shutdowns()


def dates_of(models: Iterable[str]) -> dict[str, date]:
    """The day of each model that has one."""
    shutdowns().look()
    return {model: day for model in models if (day := shutdowns().of(model))}


def ended_of(models: Iterable[str]) -> dict[str, date]:
    """The day of each model that was shut down."""
    return {model: day for model, day in dates_of(models).items() if day <= today()}


def is_near(day: date) -> bool:
    """True of a day that has passed or is to be warned of."""
    return day <= today() + WARNING


def warnings_of(models: Collection[str]) -> list[str]:
    """What a run of these models is warned of."""
    dates = dates_of(sorted(models))
    return [
        sentence(model, day, today())
        for model, day in dates.items()
        if today() < day and is_near(day)
    ]
