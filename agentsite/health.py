"""Probes: is this process alive, and does everything that it needs answer.

The checks use connections of their own, so that a hung server can't hold a pool or a thread.
"""

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
import psycopg
import redis.asyncio
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.views.decorators.cache import never_cache
from psycopg.errors import DiskFull, ReadOnlySqlTransaction
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from billing.providers import Provider
from web.middleware import Handler

HEALTHY = "healthy"
LIMIT_S = 1.5
LLM_LIMIT_S = 0.8
CACHE_LIMIT_S = 0.3
LLM_REMEMBERED_S = 15
POOL_LIMIT_S = 1.0
OPENAI = "https://api.openai.com/v1"
LIVE_WORKER = """
    SELECT EXISTS (
        SELECT FROM runs_worker
        WHERE ended_at IS NULL AND expires_at > now()
            AND seen_at > now() - make_interval(secs => %s)
    )
"""
# Takes new space on the disk, and leaves nothing behind.
WRITE = "CREATE TEMP TABLE health ON COMMIT DROP AS SELECT 1 AS written"


async def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. No I/O."""
    return JsonResponse({"status": HEALTHY})


_running: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[dict[str, str]]]" = (
    WeakKeyDictionary()
)


@never_cache
async def ready(request: HttpRequest) -> HttpResponse:
    """Each part, `healthy` or what is wrong with it; 503 unless all are healthy."""
    loop = asyncio.get_running_loop()
    task = _running.get(loop)
    # Probes that come together share one check, so that asking costs the servers nothing.
    if task is None or task.done():
        task = _running[loop] = loop.create_task(_parts())
    parts = await asyncio.shield(task)
    healthy = all(state == HEALTHY for state in parts.values())
    return JsonResponse(parts, status=200 if healthy else 503)


PROBES = {"/healthz": alive, "/readyz": ready, "/health": ready}


@sync_and_async_middleware
def answer_probes(get_response: Handler) -> Handler:
    """Middleware before all that looks at names, TLS or sessions: probes come by any address."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            answer: HttpResponseBase = await PROBES.get(request.path, get_response)(request)
            return answer

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        probe = PROBES.get(request.path)
        return async_to_sync(probe)(request) if probe else get_response(request)

    return answer


async def _parts() -> dict[str, str]:
    (database, workers), cache, broker, llm = await asyncio.gather(
        _database_and_workers(),
        _within(LIMIT_S, _redis_writes(settings.REDIS_URL)),
        _within(LIMIT_S, _redis_writes(settings.CELERY_BROKER_URL)),
        _within(LIMIT_S, _llm()),
    )
    return {
        "api": HEALTHY,
        "database": database,
        "cache": cache,
        "broker": broker,
        "workers": workers,
        "llm": llm,
    }


async def _within(seconds: float, check: Awaitable[str]) -> str:
    try:
        async with asyncio.timeout(seconds):
            return await check
    except TimeoutError:
        return "no answer in time"


async def _database_and_workers() -> tuple[str, str]:
    """One connection answers for both: workers prove themselves through the database."""
    try:
        async with asyncio.timeout(LIMIT_S):
            (written, workers), pool = await asyncio.gather(_asked(), asyncio.to_thread(_pool))
            return (pool if written == HEALTHY else written), workers
    except TimeoutError:
        return "no answer in time", "unknown without the database"
    except psycopg.Error:
        return "unreachable", "unknown without the database"


def _pool() -> str:
    """Whether this process still gets a connection for a request."""
    pool = connection.pool  # type: ignore[attr-defined]
    # The first request would open it, and may wait for this answer.
    pool.open()
    try:
        pool.putconn(pool.getconn(timeout=POOL_LIMIT_S))
    except PoolTimeout:
        return "all connections of this process are taken"
    return HEALTHY


async def _asked() -> tuple[str, str]:
    async with await psycopg.AsyncConnection.connect(**_address(), autocommit=True) as database:
        cursor = await database.execute(LIVE_WORKER, [settings.WORKER_LEASE_S])
        row = await cursor.fetchone()
        workers = HEALTHY if row and row[0] else "no worker has been seen lately"
        return await _written(database), workers


async def _written(database: psycopg.AsyncConnection[Any]) -> str:
    """Whether what is paid can be written; workers keep it in memory until it can."""
    try:
        await database.execute(WRITE)
    except DiskFull:
        return "its disk is full"
    except ReadOnlySqlTransaction:
        return "read-only"
    return HEALTHY


def _address() -> dict[str, Any]:
    """Where Django's own connections go, without its pool."""
    database = connections.settings[DEFAULT_DB_ALIAS]
    parts = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    options = {key: value for key, value in database["OPTIONS"].items() if key != "pool"}
    return {**options, **{part: database[key] for key, part in parts.items() if database[key]}}


async def _redis_writes(url: str) -> str:
    """A full or read-only Redis is not healthy, so a value is written."""
    try:
        async with redis.asyncio.from_url(url) as client:
            await client.set(f"{settings.REDIS_PREFIX}:health:written", HEALTHY, ex=60)
    except (RedisError, OSError):
        return "unreachable, or refusing writes"
    return HEALTHY


async def _llm() -> str:
    """The providers' state, asked at most every few seconds by the whole site."""
    async with redis.asyncio.from_url(settings.REDIS_URL) as cache:
        key = f"{settings.REDIS_PREFIX}:health:llm"
        known = await _unless_slow(cache.get(key))
        if known:
            return str(known.decode())
        state = await _ask_providers()
        await _unless_slow(cache.set(key, state, ex=LLM_REMEMBERED_S))
        return state


async def _unless_slow(answer: Awaitable[Any]) -> Any:
    """The cache's answer; None when it is away, which has a line of its own."""
    try:
        async with asyncio.timeout(CACHE_LIMIT_S):
            return await answer
    except (RedisError, OSError, TimeoutError):
        return None


async def _ask_providers() -> str:
    """All of them at once; of several, those that are ill are named."""
    asked = [provider for provider in settings.PROVIDERS if not provider.packaged]
    states = await asyncio.gather(*map(_ask_provider, asked))
    if len(settings.PROVIDERS) == 1 and states:
        return states[0]
    told = zip(asked, states, strict=True)
    ill = [f"{provider.name}: {state}" for provider, state in told if state != HEALTHY]
    return "; ".join(ill) or HEALTHY


async def _ask_provider(provider: Provider) -> str:
    key = provider.api_key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limit = aiohttp.ClientTimeout(total=LLM_LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=headers) as session,
            session.get(f"{provider.base_url or OPENAI}/models", allow_redirects=False) as response,
        ):
            ok = response.status == HTTPStatus.OK
            return HEALTHY if ok else f"answered with status {response.status}"
    except TimeoutError:
        return "no answer in time"
    except (aiohttp.ClientError, OSError):
        return "unreachable"
