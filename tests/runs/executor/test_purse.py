"""What is left for a run: its own limit and the tightest hard budget, without what is held."""

import asyncio
from decimal import Decimal

import pytest

from runs.executor.database import Database
from runs.executor.purse import money_left
from runs.models import Run
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db(transaction=True)


def left(run: Run) -> Decimal | None:
    async def ask() -> Decimal | None:
        database = Database()
        await database.open()
        try:
            return await money_left(database, run.pk)
        finally:
            await database.close()

    return asyncio.run(ask())


def held(run: Run) -> Decimal:
    run.refresh_from_db()
    return Decimal(run.held_usd)


def test_without_limits_there_is_none():
    assert left(journal.start(RunFactory.create())) is None


def test_a_soft_budget_is_none():
    run = journal.start(RunFactory.create())
    set_budget(1, scope="user", user=run.owner, hard=False)
    assert left(run) is None


def test_the_runs_own_limit_without_what_it_holds():
    run = journal.start(RunFactory.create(max_cost_usd=Decimal("0.5")))
    journal.begin(run)
    assert 0 < held(run) < Decimal("0.5")
    assert left(run) == Decimal("0.5") - held(run)


def test_the_tightest_hard_budget():
    run = journal.start(RunFactory.create(max_cost_usd=Decimal(5)))
    set_budget(3, scope="user", user=run.owner)
    set_budget(2)
    assert left(run) == Decimal(2)


def test_what_was_charged_is_gone():
    run = journal.start(RunFactory.create(max_cost_usd=Decimal("0.5")))
    journal.buy(run)
    run.refresh_from_db()
    assert run.cost_usd > 0
    assert left(run) == Decimal("0.5") - run.cost_usd
