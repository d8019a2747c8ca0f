"""Two connections at one lock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction

from tests.stack import wait_for

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def race(first: Callable[[], Any], second: Callable[[], Any], *, waits: bool = True) -> Any:
    """Begin `second` on another connection after `first` and before its commit.

    Unless `waits` is false, the second has to wait for the first one's locks. Returns what the
    second returned.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            other = pool.submit(on_its_own_connection, second)
            if waits:
                wait_for(waiting_connections, every=0.01)
                assert not other.done()
            else:
                other.result(90)
        return other.result(90)


def on_its_own_connection(action: Callable[[], Any]) -> Any:
    """Run this on a connection of its own, and close that."""
    try:
        return action()
    finally:
        connection.close()


def waiting_connections() -> int:
    """How many connections wait for a lock."""
    with connection.cursor() as cursor:
        # Postgres shows a transaction the same activity again and again.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])
