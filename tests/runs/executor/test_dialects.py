"""Dialects are kept in Postgres: one worker learns them for all, and they survive a restart."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async

from runs.engine.provider.dialects.dialect import CONTEXT_WINDOW, Lesson
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.types import ModelRequest
from runs.executor import dialects
from runs.executor.database import Database
from runs.executor.dialects import PostgresDialects
from runs.models import DialectRule
from tests.engine.scripted import Body, Provider, Refuse, Say

pytestmark = pytest.mark.django_db(transaction=True)
REQUEST = ModelRequest("m-1", [{"role": "user", "content": "x"}], 10)
TAUGHT = Lesson("max_tokens", words="Unrecognized request argument: max_completion_tokens")
WINDOW = Lesson(CONTEXT_WINDOW, 4096, "maximum context length is 4096 tokens")


def with_database(work: Callable[[Database], Awaitable[None]]) -> None:
    """Run `work` on a pool of its own."""

    async def run() -> None:
        database = Database()
        await database.open()
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(run())


def test_what_one_worker_learns_the_others_know():
    async def work(database: Database) -> None:
        await PostgresDialects(database, "here").learn("m-1", [TAUGHT, WINDOW])
        other = PostgresDialects(database, "here")
        known = await other.of("m-1")
        assert known.rules == {"max_tokens"}
        assert known.context_tokens == 4096
        assert other.known("m-1") == known
        assert (await PostgresDialects(database, "elsewhere").of("m-1")).rules == frozenset()
        assert (await other.of("m-2")).rules == frozenset()

    with_database(work)
    assert set(DialectRule.objects.values_list("rule", "words")) == {
        (TAUGHT.rule, TAUGHT.words),
        (WINDOW.rule, WINDOW.words),
    }


def test_what_staff_delete_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dialects, "KEEP_S", 0.0)

    async def work(database: Database) -> None:
        kept = PostgresDialects(database, "here")
        await kept.learn("m-1", [TAUGHT])
        assert (await kept.of("m-1")).rules == {"max_tokens"}
        await sync_to_async(DialectRule.objects.all().delete)()
        assert (await kept.of("m-1")).rules == frozenset()

    with_database(work)


def test_a_call_does_not_wait_for_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dialects, "KEEP_S", 0.0)
    monkeypatch.setattr(dialects, "MAX_WAIT_S", 0.3)

    async def work(database: Database) -> None:
        kept = PostgresDialects(database, "here")
        async with database._pool.connection() as connection:
            await connection.execute("BEGIN")
            await connection.execute("LOCK TABLE runs_dialectrule IN ACCESS EXCLUSIVE MODE")
            async with asyncio.timeout(60):
                await kept.learn("m-1", [TAUGHT])
                assert (await kept.of("m-1")).rules == {"max_tokens"}
            await connection.execute("ROLLBACK")
        monkeypatch.setattr(dialects, "MAX_WAIT_S", 60.0)
        # What could not be written then is written now.
        assert (await kept.of("m-1")).rules == {"max_tokens"}

    with_database(work)
    assert DialectRule.objects.get().rule == "max_tokens"


def test_one_lost_request_teaches_all_workers_for_good():
    def play(body: Body) -> Say | Refuse:
        if "max_completion_tokens" in body:
            return Refuse(400, TAUGHT.words, code="unsupported_parameter")
        return Say("42")

    async def work(database: Database) -> None:
        provider = Provider()
        runner = await provider.serve()
        provider.answer = play
        for _ in range(3):
            model = OpenAIModel(
                api_key="k", base_url=provider.url, dialects=PostgresDialects(database, "here")
            )
            stream = await model.stream(REQUEST)
            assert "".join([piece async for piece in stream]) == "42"
            await stream.close()
            await model.close()
        await runner.cleanup()
        assert ["max_tokens" in body for body in provider.requests] == [False, True, True, True]

    with_database(work)
