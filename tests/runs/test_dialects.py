"""Dialects in Postgres: what one process learnt, the next one knows."""

import pytest

from runs.engine.provider.dialects.dialect import Lesson
from runs.executor.database import Database
from runs.executor.dialects import StoredDialects
from runs.models import Dialect

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "http://provider.example/v1"


async def test_another_process_knows_what_one_learnt_and_what_staff_deleted_is_forgotten():
    database = Database()
    await database.open()
    try:
        first = StoredDialects(database, ADDRESS)
        await first.learn("m", [Lesson("max_tokens", words="no"), Lesson("context_window", 4096)])
        await first.learn("m", [Lesson("context_window", 2048)])

        known = await StoredDialects(database, ADDRESS).of("m")
        assert known.rules == {"max_tokens"}
        assert known.context_tokens == 2048
        assert (await StoredDialects(database, "http://another.example/v1").of("m")).rules == set()

        await Dialect.objects.filter(rule="max_tokens").adelete()
        assert (await StoredDialects(database, ADDRESS).of("m")).rules == set()
    finally:
        await database.close()


async def test_without_postgres_it_is_kept_in_memory_and_no_call_fails():
    database = Database()
    await database.open()
    await database.close()
    dialects = StoredDialects(database, ADDRESS)
    await dialects.learn("m", [Lesson("max_tokens")])
    assert (await dialects.of("m")).rules == {"max_tokens"}
