"""Dialects in Postgres: shared by all workers, kept over restarts, and never in a call's way."""

import asyncio
import logging
import time
from collections.abc import Sequence

from django.conf import settings
from psycopg import Error
from psycopg_pool import PoolClosed, PoolTimeout

from runs.engine.provider.dialects.dialect import Dialect, Lesson
from runs.executor.database import Database

OPENAI = "https://api.openai.com/v1"
KEEP_S = 60.0
PATIENCE_S = 1.0
MAX_WORDS = 500
READ = "SELECT model, rule, tokens FROM runs_dialect WHERE provider = %s"
WRITE = """
INSERT INTO runs_dialect (provider, model, rule, tokens, words) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (provider, model, rule) DO UPDATE
SET tokens = excluded.tokens, words = excluded.words, learnt_at = now()
WHERE runs_dialect.tokens IS DISTINCT FROM excluded.tokens
RETURNING id
"""

logger = logging.getLogger(__name__)


def provider_address() -> str:
    """What dialects of this site's provider are kept under."""
    return (settings.PROVIDER_BASE_URL or OPENAI).rstrip("/")


class StoredDialects:
    """Read again each minute. While Postgres is away, what this process knows has to do."""

    def __init__(self, database: Database, provider: str) -> None:
        self._database = database
        self._provider = provider
        self._known: dict[str, Dialect] = {}
        self._unwritten: list[tuple[str, Lesson]] = []
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    def known(self, model: str) -> Dialect:
        """What this process knows at this moment."""
        return self._known.get(model, Dialect())

    async def of(self, model: str) -> Dialect:
        """What is known of a model, as of a minute ago at the most."""
        if time.monotonic() - self._read_at > KEEP_S:
            async with self._lock:
                if time.monotonic() - self._read_at > KEEP_S:
                    await self._in_time()
        return self.known(model)

    async def learn(self, model: str, lessons: Sequence[Lesson]) -> None:
        """Know it at once, and write it as soon as Postgres takes it."""
        for lesson in lessons:
            self._known[model] = self.known(model).knowing(lesson)
            self._unwritten.append((model, lesson))
        async with self._lock:
            await self._in_time()

    async def _in_time(self) -> None:
        """Write and read, unless that takes long: the next minute is soon enough."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._write()
                await self._read()
        except (TimeoutError, Error, PoolClosed, PoolTimeout) as error:
            logger.warning("dialects stay in memory for now", extra={"error": str(error)})
        self._read_at = time.monotonic()

    async def _write(self) -> None:
        while self._unwritten:
            model, lesson = self._unwritten[0]
            words = lesson.words.replace("\0", "")[:MAX_WORDS]
            row = (self._provider, model, lesson.rule, lesson.tokens, words)
            await self._database.fetch(WRITE, *row)
            self._unwritten.pop(0)

    async def _read(self) -> None:
        found: dict[str, Dialect] = {}
        for model, rule, tokens in await self._database.fetch(READ, self._provider):
            found[model] = found.get(model, Dialect()).knowing(Lesson(rule, tokens))
        self._known = found
