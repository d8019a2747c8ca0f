"""The worker's connections to Postgres. Statements ride out an outage: they wait and try again."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, TypeVar

import orjson
from django.conf import settings
from psycopg import AsyncConnection, Error, InterfaceError, OperationalError
from psycopg.errors import DiskFull, ReadOnlySqlTransaction
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from billing.statements import Statement
from web.connections import connection_info

T = TypeVar("T")
Query = tuple[str, tuple[Any, ...]]
Rows = list[tuple[Any, ...]]

# Read-only: a standby, or a primary that was demoted; the next connection finds the new one.
OUTAGE = (OperationalError, InterfaceError, PoolTimeout, ReadOnlySqlTransaction)
FIRST_WAIT_S = 0.1
MAX_WAIT_S = 2.0
# Classes of SQLSTATE that pass: connection, read-only, rolled back, out of resources, operator.
PASSING = ("08", "25", "40", "53", "57")

logger = logging.getLogger(__name__)


def _trouble(error: Exception) -> str:
    """What an operator has to do about it; what is paid waits in memory meanwhile."""
    if isinstance(error, DiskFull):
        return "Postgres has no space left on its disk, and paid answers wait in memory"
    if isinstance(error, ReadOnlySqlTransaction):
        return "Postgres is read-only, and paid answers wait in memory"
    return "Postgres is away"


def is_passing(error: Error) -> bool:
    """True for what trying again can help against, and False for a fault in a statement."""
    return error.sqlstate is None or error.sqlstate[:2] in PASSING


async def _configure(connection: AsyncConnection) -> None:
    set_json_loads(orjson.loads, connection)


class Database:
    """A small pool. Each call is its own transaction and must be safe to repeat."""

    def __init__(self) -> None:
        self._pool = AsyncConnectionPool(
            connection_info(),
            min_size=1,
            max_size=settings.WORKER_POOL_SIZE,
            timeout=10,
            open=False,
            kwargs={"autocommit": True},
            configure=_configure,
            reconnect_timeout=1,
        )

    async def open(self) -> None:
        """Start connecting."""
        await self._pool.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close(timeout=2)

    async def fetch(self, statement: str, *params: Any) -> Rows:
        """Run a statement and return its rows, however long Postgres is away."""
        return await self._rows([(statement, params)])

    async def run(self, statement: Statement[T], *, after: Sequence[Statement[Any]] = ()) -> T:
        """Execute a typed statement, however long Postgres is away.

        What it comes `after` is executed before it, in the same transaction.
        """
        queries = [(each.text, each.params) for each in (*after, statement)]
        return statement.read(await self._rows(queries))

    async def _rows(self, queries: Sequence[Query]) -> Rows:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                async with self._pool.connection() as connection:
                    try:
                        return await _execute(connection, queries)
                    except ReadOnlySqlTransaction:
                        await connection.close()
                        raise
            except OUTAGE as error:
                if isinstance(error, PoolClosed) or not is_passing(error):
                    raise
                logger.warning("%s; trying again", _trouble(error), extra={"error": str(error)})
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, MAX_WAIT_S)
                await self._pool.check()


async def _execute(connection: AsyncConnection, queries: Sequence[Query]) -> Rows:
    """The rows of the last query. Several are one transaction."""
    *before, last = queries
    async with connection.transaction() if before else nullcontext():
        for query in before:
            await connection.execute(*query)
        return await (await connection.execute(*last)).fetchall()
