"""A call that waits for held money hears of the run's stop."""

import asyncio
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from billing.services import create_budget
from runs.engine.errors import MustConclude, Stopped
from runs.engine.types import StepStart
from runs.executor import journal as executor_journal
from runs.executor.database import Database
from runs.executor.journal import PostgresJournal
from runs.executor.live import Publisher, RunLive
from runs.executor.observer import Observer
from runs.executor.prices import Prices
from runs.executor.signals import Bell, RunStop
from runs.models import Run
from tests import journal
from tests.factories import RunFactory
from tests.money import BOUND

pytestmark = pytest.mark.django_db(transaction=True)
START = StepStart("react/t1/think", 1, "Think", "0" * 64, {}, "gpt-4.1-mini", 2000, 1000)


async def wait_for_money(run: Run, start: StepStart, *orders: tuple[float, str, str]) -> None:
    """Ask for money that another run holds. Orders are (after seconds, drain or halt, reason).

    Raises what ends the wait, soon after the last order.
    """
    database = Database()
    await database.open()
    stop = RunStop()
    try:
        waiting = PostgresJournal(
            run_id=run.pk,
            epoch=run.epoch,
            database=database,
            prices=Prices(),
            live=RunLive(run.pk, Publisher()),
            freed=Bell(),
            stop=stop,
            observer=Observer(),
        )
        for after_s, order, reason in orders:
            asyncio.get_running_loop().call_later(after_s, getattr(stop, order), reason)
        async with asyncio.timeout(orders[-1][0] + 60):
            await waiting.hold(start)
    finally:
        await database.close()


@pytest.fixture
def poor_run() -> Run:
    """A run that needs what a call in flight of another one holds."""
    create_budget(scope="site", period="month", limit_usd=BOUND * Decimal("1.2"))
    busy, run = (journal.start(RunFactory.create()) for _ in range(2))
    journal.dispatch(busy)
    return run


@pytest.mark.parametrize(("reason", "error"), [("shutdown", Stopped), ("deadline", MustConclude)])
def test_a_stop_ends_the_wait_for_money(poor_run: Run, reason: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=reason):
        asyncio.run(wait_for_money(poor_run, START, (0.3, "drain", reason)))


def test_a_cancel_ends_it_at_once(poor_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_journal, "ASK_AGAIN_S", 3600.0)
    with pytest.raises(Stopped, match="cancelled"):
        asyncio.run(wait_for_money(poor_run, START, (0.3, "halt", "cancelled")))


def test_a_closing_call_waits_on_after_the_deadline_until_it_is_cut(poor_run: Run) -> None:
    closing = replace(START, key="react/close/deadline", closing=True)
    began = time.monotonic()
    with pytest.raises(Stopped, match="deadline"):
        asyncio.run(
            wait_for_money(poor_run, closing, (0.2, "drain", "deadline"), (2.5, "halt", "deadline"))
        )
    assert time.monotonic() - began > 2.4
