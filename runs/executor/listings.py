"""Reads the providers' lists of models now and then, for what they say of shutdowns."""

import asyncio
import logging

import httpx2
import orjson
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from billing.providers import Provider
from runs.engine.provider.shutdowns import listed
from runs.engine.tls import trusted
from runs.shutdowns import key_of, written

OPENAI_URL = "https://api.openai.com/v1"
EVERY_S = 3600.0
# After this, a list that can't be read any more is forgotten.
KEEP_S = 3 * 86_400
ANSWER_S = 30.0
MAX_BYTES = 16_000_000

logger = logging.getLogger(__name__)


async def keep_reading() -> None:
    """Read all lists now and every hour, until cancelled."""
    while True:
        await asyncio.gather(*(_renew(one) for one in settings.PROVIDERS if not one.packaged))
        await asyncio.sleep(EVERY_S)


async def _renew(provider: Provider) -> None:
    """Leave one provider's dates for all processes; what was there stays where that fails."""
    try:
        async with asyncio.timeout(ANSWER_S):
            dates = listed(orjson.loads(await _list(provider)))
            async with Redis.from_url(settings.REDIS_URL) as redis:
                await redis.set(key_of(provider.endpoint), written(dates), ex=KEEP_S)
    except (httpx2.HTTPError, httpx2.InvalidURL, RedisError, OSError, ValueError) as error:
        # Not its words: an address may hold a password.
        told = {"provider": provider.name, "error": type(error).__name__}
        logger.warning("a provider's list of models can't be read", extra=told)


async def _list(provider: Provider) -> bytes:
    """Raises ValueError for an answer that is too long or none."""
    url = f"{provider.base_url or OPENAI_URL}/models"
    headers = {"Authorization": f"Bearer {provider.api_key}"}
    body = b""
    async with (
        httpx2.AsyncClient(verify=trusted(), trust_env=False, timeout=ANSWER_S) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        response.raise_for_status()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise ValueError("too long")
    return body
