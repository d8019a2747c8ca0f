"""A call that waits for held money hears of the run's stop."""

import asyncio
import time
from decimal import Decimal

import pytest

from billing.services import create_budget
from runs.engine.errors import Stopped
from runs.engine.types import StepStart
from runs.executor.bell import Bell
from runs.executor.database import Database
from runs.executor.journal import PostgresJournal
from runs.executor.live import Publisher, RunLive
from runs.executor.prices import Prices
from runs.executor.stop import RunStop
from runs.models import Run
from tests import journal
from tests.factories import RunFactory

BOUND = journal.cost("gpt-4.1-mini", 2000, 0, 1000)
START = StepStart("react/t1/think", 1, "Think", "0" * 64, {}, "gpt-4.1-mini", 2000, 1000)


async def wait_for_money(run: Run, stop: RunStop) -> None:
    """Ask for money that another run holds, and stop the run meanwhile."""
    database = Database()
    await database.open()
    try:
        waiting = PostgresJournal(
            run_id=run.pk,
            epoch=run.epoch,
            database=database,
            prices=Prices(),
            live=RunLive(run.pk, Publisher()),
            freed=Bell(),
            stop=stop,
        )
        asyncio.get_running_loop().call_later(0.3, stop.drain, "shutdown")
        await waiting.hold(START)
    finally:
        await database.close()


@pytest.mark.django_db(transaction=True)
def test_a_shutdown_ends_the_wait_for_money() -> None:
    create_budget(scope="site", period="month", limit_usd=BOUND * Decimal("1.2"))
    busy, run = (journal.start(RunFactory.create()) for _ in range(2))
    journal.dispatch(busy)
    began = time.monotonic()
    with pytest.raises(Stopped, match="shutdown"):
        asyncio.run(wait_for_money(run, RunStop()))
    assert time.monotonic() - began < 5
