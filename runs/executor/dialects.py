"""Dialects in Postgres, shared by all workers. Calls go on without them while it is away."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from psycopg import Error

from runs.engine.provider.dialects.dialect import Dialect, Lesson
from runs.engine.provider.dialects.memory import MemoryDialects
from runs.executor.database import Database

KEEP_S = 30.0
# A call waits no longer than this for what others learnt, or to tell them.
MAX_WAIT_S = 1.0
READ = "SELECT rule, tokens FROM runs_dialectrule WHERE endpoint = %s AND model = %s ORDER BY id"
WRITE = """
    INSERT INTO runs_dialectrule (endpoint, model, rule, tokens, words)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT ON CONSTRAINT dialect_unique
    DO UPDATE SET tokens = excluded.tokens, words = excluded.words, learnt_at = now()
    RETURNING id
"""

logger = logging.getLogger(__name__)


class PostgresDialects(MemoryDialects):
    """What was learnt of one endpoint's models, by this process or another."""

    def __init__(self, database: Database, endpoint: str) -> None:
        super().__init__()
        self._database = database
        self._endpoint = endpoint
        self._read_at: dict[str, float] = {}
        self._unwritten: dict[str, list[Lesson]] = {}

    async def of(self, model: str) -> Dialect:
        """What is known of a model; read anew when that was not done lately."""
        if time.monotonic() - self._read_at.get(model, float("-inf")) > KEEP_S:
            self._read_at[model] = time.monotonic()
            await self._in_time(self._read(model))
        return self.known(model)

    async def learn(self, model: str, lessons: Sequence[Lesson]) -> None:
        """Keep what refusals taught: here at once, and for the others."""
        await super().learn(model, lessons)
        self._unwritten.setdefault(model, []).extend(lessons)
        await self._in_time(self._write(model))

    async def _read(self, model: str) -> None:
        """What is stored replaces what was known: staff may have made the site forget it."""
        await self._write(model)
        dialect = Dialect()
        for rule, tokens in await self._database.fetch(READ, self._endpoint, model):
            dialect = dialect.knowing(Lesson(rule, tokens))
        self._known[model] = dialect

    async def _write(self, model: str) -> None:
        while lessons := self._unwritten.get(model):
            told = lessons[0]
            await self._database.fetch(
                WRITE, self._endpoint, model, told.rule, told.tokens, told.words
            )
            lessons.remove(told)

    async def _in_time(self, work: Any) -> None:
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await work
        except (TimeoutError, Error) as error:
            logger.warning("dialects can't be read or written now: %s", error or "no answer")
