"""A worker's part in kill switches: it goes on where whoever pulled one was interrupted."""

import asyncio
import logging
from contextlib import suppress

from runs.executor.database import Database
from web.connections import releasing

LOOK_S = 2.0
# Whoever pulls a switch has some seconds for it, so that workers do its work only once it is gone.
INTERRUPTED = """
    SELECT 1 FROM runs_killswitch
    WHERE lifted_at IS NULL AND stopped_at IS NULL AND pulled_at < now() - interval '3 seconds'
    LIMIT 1
"""

logger = logging.getLogger(__name__)


async def keep_stopping(database: Database, ending: asyncio.Event) -> None:
    """Stop what a switch left running, until the worker ends: claims pass over nothing else."""
    while not ending.is_set():
        try:
            if await database.fetch(INTERRUPTED):
                await asyncio.to_thread(_finish)
        except Exception:  # whatever it is, the next look may find better
            logger.exception("what a kill switch left to do can't be done; trying again")
        with suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), LOOK_S)


@releasing
def _finish() -> None:
    # Rare, and half of all that a worker would load.
    from runs.services.kill_switch import finish_stopping

    finish_stopping()
