"""The sums of a user's spend a day: exact whatever is charged, and however often folded."""

from collections.abc import Iterator
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from billing.models import SpendTally, UsageRollup
from billing.models.tally import fold_spend_tally
from billing.selectors.audit import ledger_differences
from tests import journal
from tests.factories import RunFactory
from tests.race import on_its_own_connection, race
from tests.runs.usage.spending import spend

KEYS = ("owner_id", "day", "simulated")
DAY = date(2026, 3, 14)

upgrade = import_module("billing.migrations.0012_spend_tally")


def execute(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def of_the_last_release(transactional_db: None) -> Iterator[None]:
    """The database without the trigger, as it is before the upgrade."""
    drop = "DROP TRIGGER IF EXISTS tallied ON billing_usagerollup"
    execute(drop)
    yield
    execute(drop, upgrade.TRIGGER)


def summed(model: Any) -> list[tuple[Any, ...]]:
    """Dollars, runs and calls of each key; what came to nothing is left out."""
    rows = model.objects.order_by().values_list(*KEYS)
    sums = rows.annotate(Sum("amount"), Sum("runs"), Sum("calls"))
    return sorted(row for row in sums if any(row[len(KEYS) :]))


def charge(alice: Any, bob: Any) -> None:
    """Calls of each key, of several models and patterns; one of them in doubt, then known."""
    for options in (
        {"owner": alice},
        {"owner": alice, "simulated": False},
        {"owner": bob, "pattern": "reflection"},
    ):
        run = journal.start(RunFactory.create(**options))
        journal.buy(run)
        journal.buy(run, "react/t2/think")
    lost = journal.start(RunFactory.create(owner=alice))
    hold, epoch = journal.dispatch(lost), lost.epoch
    journal.lose_worker(lost)
    lost.epoch = epoch
    journal.settle(lost, hold, fresh=10, output=20)


@pytest.mark.django_db
def test_it_says_what_the_daily_sums_say(alice, bob):
    charge(alice, bob)

    assert summed(SpendTally) == summed(UsageRollup)
    assert len(summed(SpendTally)) == 3
    assert ledger_differences() == []


@pytest.mark.django_db
def test_a_daily_sum_that_moves_or_goes_takes_its_part_along(alice, bob):
    spend(alice, DAY, 2)
    spend(bob, DAY, 3)
    UsageRollup.objects.filter(owner=bob).update(day=date(2026, 3, 15), amount=5)
    assert summed(SpendTally) == summed(UsageRollup)

    UsageRollup.objects.filter(owner=alice).delete()
    assert [row[0] for row in summed(SpendTally)] == [bob.pk]
    assert summed(SpendTally) == summed(UsageRollup)


@pytest.mark.django_db
def test_folding_keeps_every_sum_and_leaves_one_row_a_key(alice, bob):
    charge(alice, bob)
    charge(alice, bob)
    fold_spend_tally()
    folded = SpendTally.objects.count()
    charge(alice, bob)
    fold_spend_tally()

    assert folded == 3 == SpendTally.objects.count()
    assert summed(SpendTally) == summed(UsageRollup)
    assert set(SpendTally.objects.values_list("folded", flat=True)) == {True}


@pytest.mark.django_db(transaction=True)
def test_two_that_fold_at_once_take_nothing_twice(alice):
    spend(alice, DAY)
    fold_spend_tally()
    journal.buy(journal.start(RunFactory.create(owner=alice)))

    def buy_and_fold() -> None:
        on_its_own_connection(lambda: journal.buy(journal.start(RunFactory.create(owner=alice))))
        fold_spend_tally()

    race(fold_spend_tally, buy_and_fold)

    assert summed(SpendTally) == summed(UsageRollup)
    fold_spend_tally()
    assert summed(SpendTally) == summed(UsageRollup)


@pytest.mark.usefixtures("of_the_last_release")
def test_an_upgrade_counts_a_call_once_that_is_charged_meanwhile(alice, bob):
    charge(alice, bob)
    going_on = journal.start(RunFactory.create(owner=alice))
    assert summed(SpendTally) == []

    race(
        lambda: journal.buy(going_on),
        lambda: execute(upgrade.TRIGGER, upgrade.EARLIER),
    )
    assert summed(SpendTally) == summed(UsageRollup)

    journal.buy(going_on, "react/t2/think")
    assert summed(SpendTally) == summed(UsageRollup)
    assert ledger_differences() == []
