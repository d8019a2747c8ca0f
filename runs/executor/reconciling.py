"""A worker's part in comparing bills: it looks for what waits, and makes it off its loop."""

import asyncio
import logging
from contextlib import suppress

from runs.executor.database import Database

LOOK_S = 3.0
WAITING = """
    SELECT 1 FROM billing_reconciliation WHERE state IN ('waiting', 'running') LIMIT 1
"""

logger = logging.getLogger(__name__)


async def keep_reconciling(database: Database, ending: asyncio.Event) -> None:
    """Make the comparisons that wait, until the worker ends; one under way then stops."""
    while not ending.is_set():
        try:
            if await database.fetch(WAITING):
                await asyncio.to_thread(_make, ending)
        except Exception:  # whatever it is, the next look may find better
            logger.exception("bills can't be compared; trying again")
        with suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), LOOK_S)


def _make(ending: asyncio.Event) -> None:
    """On a connection of its own, which goes afterwards."""
    from django.db import connection

    from runs.reconcile.making import run_waiting

    try:
        run_waiting(ending.is_set)
    finally:
        connection.close()
