"""Connections to Postgres for requests that are awaited: a few in each event loop.

Errors come as Django's own. Nothing is tried again: the client is told, and may do it.
"""

import asyncio
import time
from functools import cache
from typing import TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import DatabaseErrorWrapper
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction

from billing.statements import Statement
from web.connections import connection_info

T = TypeVar("T")
CONNECT_S = 10
# After a failure, no request waits for another one for so long.
AGAIN_S = 1.0


class Connections:
    """Those of one event loop. Requests wait for one of them in turn, however long that takes."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(settings.INTAKE_POOL_SIZE)
        self._idle: list[AsyncConnection] = []
        self._away_until = 0.0

    async def fetch(self, statement: Statement[T]) -> T:
        """Execute a statement. Raises psycopg's errors."""
        async with self._turns:
            connection = self._idle.pop() if self._idle else await self._connected()
            try:
                cursor = await connection.execute(statement.text, statement.params, prepare=True)
                found = statement.read(await cursor.fetchall())
            except (OperationalError, InterfaceError, ReadOnlySqlTransaction):
                # What broke one may have broken all, and a standby may be the next primary.
                await connection.close()
                await self.close()
                raise
            except BaseException:
                await connection.close()
                raise
            self._idle.append(connection)
            return found

    async def close(self) -> None:
        """Close those that no request has."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    async def _connected(self) -> AsyncConnection:
        if time.monotonic() < self._away_until:
            raise OperationalError("Postgres could not be reached a moment ago.")
        try:
            connection = await AsyncConnection.connect(
                connection_info(), autocommit=True, connect_timeout=CONNECT_S
            )
        except OperationalError:
            self._away_until = time.monotonic() + AGAIN_S
            raise
        # As on Django's connections: times come in UTC.
        await connection.execute("SELECT set_config('TimeZone', 'UTC', false)")
        return connection


_connections: "WeakKeyDictionary[asyncio.AbstractEventLoop, Connections]" = WeakKeyDictionary()


async def fetch(statement: Statement[T]) -> T:
    """Execute a statement in a transaction of its own. Raises Django's `DatabaseError`."""
    own = _own()
    with _as_djangos_errors():
        return await own.fetch(statement)


def _own() -> Connections:
    loop = asyncio.get_running_loop()
    if loop not in _connections:
        _connections[loop] = Connections()
    return _connections[loop]


async def close() -> None:
    """Close the connections of this event loop."""
    if own := _connections.pop(asyncio.get_running_loop(), None):
        await own.close()


@cache
def _as_djangos_errors() -> DatabaseErrorWrapper:
    return DatabaseErrorWrapper(connections.create_connection(DEFAULT_DB_ALIAS))
