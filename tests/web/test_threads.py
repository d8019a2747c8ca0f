"""Requests that end badly give their database connections back as well."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection

from web.threads import releasing_connections


def taken() -> int:
    now = connection.pool.get_stats()  # type: ignore[attr-defined]
    return int(now["pool_size"] - now["pool_available"])


def ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def receive() -> dict[str, Any]:
    return {}


async def send(message: dict[str, Any]) -> None:
    """Nobody listens."""


async def ask(application: Callable[..., Coroutine[Any, Any, None]]) -> None:
    await releasing_connections(application)({}, receive, send)


def all_given_back(before: int) -> bool:
    """Wait for threads that end, and for the pool, which counts what it is still opening."""
    deadline = time.monotonic() + 90
    while taken() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    return taken() == before


def test_a_request_cut_off_in_its_thread_gives_its_connection_back(transactional_db):
    before = taken()
    began, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        ask_database()
        began.set()
        assert may_end.wait(90), "the loop waited for the thread"

    async def application(*_) -> None:
        await sync_to_async(slow)()

    async def cut_off() -> None:
        request = asyncio.create_task(ask(application))
        await asyncio.to_thread(began.wait, 90)
        request.cancel()
        await asyncio.wait([request])
        assert taken() > before, "the loop waited for the thread"
        may_end.set()

    asyncio.run(cut_off())

    assert all_given_back(before)


def test_work_in_shared_threads_gives_its_connection_back(transactional_db):
    before = taken()

    async def application(*_) -> None:
        both = [sync_to_async(ask_database, thread_sensitive=False)() for _ in range(2)]
        await asyncio.gather(*both)

    asyncio.run(ask(application))

    assert all_given_back(before)


def test_a_request_that_fails_gives_its_connection_back(transactional_db):
    before = taken()

    async def application(*_) -> None:
        await sync_to_async(ask_database)()
        raise RuntimeError

    async def failing() -> None:
        try:
            await ask(application)
        except RuntimeError:
            return
        raise AssertionError("the error went missing")

    asyncio.run(failing())

    assert all_given_back(before)
