"""The stack that people would write themselves: FastAPI takes a submit, Celery is told.

It does what our door does: a hashed token in Postgres, limits in Redis, a row that is committed,
and a wake-up. `/sync` and `/async` are the two ways to write it.
"""

import hashlib
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import redis
from celery import Celery
from fastapi import FastAPI, Header, HTTPException, Request, Response
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from pydantic import BaseModel, ConfigDict, Field
from redis import asyncio as redis_asyncio

from web.ids import uuid7

TABLE = """
    CREATE TABLE IF NOT EXISTS bench_run (
        id uuid PRIMARY KEY, owner_id bigint NOT NULL, api_token_id uuid NOT NULL,
        task text NOT NULL, pattern text NOT NULL, model text NOT NULL, params jsonb NOT NULL,
        tools jsonb, metadata jsonb NOT NULL, max_cost_usd numeric, status text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX IF NOT EXISTS bench_run_owner ON bench_run (owner_id, id DESC);
    CREATE INDEX IF NOT EXISTS bench_run_queue ON bench_run (id) WHERE status = 'queued';
"""
FIND = """
    SELECT t.id, t.scopes, t.user_id FROM accounts_apitoken t
    JOIN accounts_user u ON u.id = t.user_id
    WHERE t.digest = %s AND t.revoked_at IS NULL AND u.is_active
        AND (t.expires_at IS NULL OR t.expires_at > now())
"""
STORE = """
    INSERT INTO bench_run (
        id, owner_id, api_token_id, task, pattern, model, params, tools, metadata, max_cost_usd,
        status
    ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'queued')
"""
POOL_SIZE = 8
QUEUE = "bench"
LIMITS = (("user", 60, 10**9), ("address", 60, 10**9))

database, cache = os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
celery = Celery(broker=cache)
sync_pool = ConnectionPool(database, min_size=1, max_size=POOL_SIZE, open=False)
async_pool = AsyncConnectionPool(database, min_size=1, max_size=POOL_SIZE, open=False)
sync_redis = redis.Redis.from_url(cache)
async_redis = redis_asyncio.Redis.from_url(cache)


class Submission(BaseModel):
    """The body of a submit."""

    model_config = ConfigDict(extra="forbid", strict=True)

    task: str = Field(min_length=1, max_length=200_000)
    pattern: str = "react"
    model: str = "auto"
    params: dict[str, Any] = {}
    tools: list[str] | None = None
    metadata: dict[str, str] = {}
    max_cost_usd: str | None = None


class Accepted(BaseModel):
    """The run that was made."""

    id: UUID
    status: str
    task: str
    pattern: str
    model: str


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """The pools are open while it serves."""
    sync_pool.open()
    with sync_pool.connection() as connection:
        connection.execute(TABLE)
    await async_pool.open()
    yield
    sync_pool.close()
    await async_pool.close()


app = FastAPI(lifespan=lifespan)


@app.post("/sync", status_code=202)
def submit_sync(
    body: Submission, request: Request, response: Response, authorization: Annotated[str, Header()]
) -> Accepted:
    """A submit in a thread."""
    with sync_pool.connection() as connection:
        caller = _caller(connection.execute(FIND, [_digest(authorization)]).fetchone())
    pipe = sync_redis.pipeline()
    _count(pipe, _keys(caller, request))
    _allow(response, pipe.execute())
    run = _accepted(body)
    with sync_pool.connection() as connection:
        connection.execute(STORE, _row(run, body, caller))
    celery.send_task("bench.wake", queue=QUEUE, ignore_result=True)
    return run


@app.post("/async", status_code=202)
async def submit_async(
    body: Submission, request: Request, response: Response, authorization: Annotated[str, Header()]
) -> Accepted:
    """A submit that is awaited."""
    async with async_pool.connection() as connection:
        cursor = await connection.execute(FIND, [_digest(authorization)])
        caller = _caller(await cursor.fetchone())
    pipe = async_redis.pipeline()
    _count(pipe, _keys(caller, request))
    _allow(response, await pipe.execute())
    run = _accepted(body)
    async with async_pool.connection() as connection:
        await connection.execute(STORE, _row(run, body, caller))
    celery.send_task("bench.wake", queue=QUEUE, ignore_result=True)
    return run


def _digest(authorization: str) -> str:
    return hashlib.sha256(authorization.partition(" ")[2].encode()).hexdigest()


def _caller(row: Any) -> tuple[UUID, int]:
    if row is None:
        raise HTTPException(401)
    token, scopes, user = row
    if "runs:write" not in scopes:
        raise HTTPException(403)
    return token, user


def _keys(caller: tuple[UUID, int], request: Request) -> list[str]:
    values = (str(caller[1]), request.client.host if request.client else "")
    now = int(time.time())
    return [
        f"limit:{name}:{value}:{now // window}"
        for (name, window, _), value in zip(LIMITS, values, strict=True)
    ]


def _count(pipe: Any, keys: list[str]) -> None:
    for key, (_, window, _) in zip(keys, LIMITS, strict=True):
        pipe.incr(key)
        pipe.expire(key, window)


def _allow(response: Response, counts: list[Any]) -> None:
    left = min(limit - count for (_, _, limit), count in zip(LIMITS, counts[::2], strict=True))
    if left < 0:
        raise HTTPException(429)
    response.headers["X-RateLimit-Remaining"] = str(left)


def _accepted(body: Submission) -> Accepted:
    asked = body.model_dump(include={"task", "pattern", "model"})
    return Accepted(id=uuid7(), status="queued", **asked)


def _row(run: Accepted, body: Submission, caller: tuple[UUID, int]) -> list[Any]:
    token, user = caller
    kept = (json.dumps(body.params), json.dumps(body.tools), json.dumps(body.metadata))
    return [run.id, user, token, body.task, body.pattern, body.model, *kept, body.max_cost_usd]
