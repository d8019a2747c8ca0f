"""A worker's part in ending doubts: it asks about calls, and compares bills, off its loop."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

from billing.models.ledger import FROM_IN_DOUBT
from runs.executor.database import Database
from web.connections import releasing

if TYPE_CHECKING:
    from runs.reconcile.asking import Tries

LOOK_S = 3.0
COMPARISONS = """
    SELECT 1 FROM billing_reconciliation WHERE state IN ('waiting', 'running') LIMIT 1
"""
# Those that a provider may be asked about.
DOUBTS = f"SELECT 1 {FROM_IN_DOUBT} AND l.provider = ANY(%s) LIMIT 1"

logger = logging.getLogger(__name__)


async def keep_reconciling(database: Database, ending: asyncio.Event) -> None:
    """Do what there is to do until the worker ends; what is under way then stops."""
    from runs.reconcile.asking import Tries

    tries = Tries()
    asked = [provider.name for provider in settings.PROVIDERS if provider.reattach]
    while not ending.is_set():
        try:
            if await database.fetch(COMPARISONS):
                await asyncio.to_thread(_compare, ending)
            if asked and await database.fetch(DOUBTS, asked):
                await asyncio.to_thread(_ask, tries, ending)
        except Exception:  # whatever it is, the next look may find better
            logger.exception("doubts about money can't be ended; trying again")
        with suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), LOOK_S)


@releasing
def _compare(ending: asyncio.Event) -> None:
    from runs.reconcile.making import run_waiting

    run_waiting(ending.is_set)


@releasing
def _ask(tries: "Tries", ending: asyncio.Event) -> None:
    from runs.reconcile.asking import ask_about_doubts

    ask_about_doubts(tries, ending.is_set)
