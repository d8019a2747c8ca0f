"""The sums of a user's ended runs: exact whatever happens to the runs, and however often folded."""

from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from billing.selectors.audit import ledger_differences
from runs.models import OwnerTally, Run
from runs.models.owner_tally import fold_owner_tally
from runs.services import cancel_run
from runs.states import TERMINAL
from tests import journal
from tests.factories import RunFactory
from tests.race import on_its_own_connection, race

KEYS = ("owner_id", "simulated", "pattern", "model", "chosen_model", "status")


upgrade = import_module("runs.migrations.0027_owner_tally")


def execute(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove_triggers() -> None:
    when = ("submitted", "changed", "deleted")
    execute(*(f"DROP TRIGGER IF EXISTS tallied_when_{name} ON runs_run" for name in when))


@pytest.fixture
def of_the_last_release(transactional_db: None) -> Iterator[None]:
    """The database without the triggers, as it is before the upgrade."""
    remove_triggers()
    yield
    remove_triggers()
    execute(upgrade.SUBMITTED, upgrade.CHANGED, upgrade.DELETED)


def tallied() -> list[tuple[Any, ...]]:
    """What the tally says, by its keys; what came to nothing is left out."""
    rows = OwnerTally.objects.values_list(*KEYS).annotate(
        Sum("runs"), Sum("cost_usd"), Sum("saved_usd"), Sum("routing_saved_usd")
    )
    return sorted(row for row in rows if any(row[len(KEYS) :]))


def counted() -> list[tuple[Any, ...]]:
    """The same of the runs themselves."""
    ended = Run.objects.filter(status__in=TERMINAL).order_by()
    sums = ended.values_list(*KEYS).annotate(
        Count("pk"),
        Sum("cost_usd"),
        Sum("saved_usd"),
        Sum("routing_saved_usd", default=Decimal(0)),
    )
    return sorted(sums)


def ended_runs(alice, bob) -> list[Run]:
    """Of each way to end, and of each key another value."""
    succeeded = [
        journal.succeed(RunFactory.create(owner=alice)),
        journal.succeed(RunFactory.create(owner=alice, simulated=False), cached=3),
        journal.succeed(RunFactory.create(owner=bob, pattern="reflection", model="gpt-4.1-mini")),
    ]
    failed = journal.start(RunFactory.create(owner=alice, chosen_model="gpt-5-mini"))
    journal.buy(failed)
    journal.finish(failed, None, status="failed")
    cancelled = RunFactory.create(owner=alice)
    cancel_run(run=cancelled)
    return [*succeeded, failed, cancelled]


@pytest.mark.django_db
def test_only_ended_runs_are_in_it_with_what_they_came_to(alice, bob):
    ended_runs(alice, bob)
    journal.buy(journal.start(RunFactory.create(owner=alice)))

    assert tallied() == counted()
    assert sum(row[len(KEYS)] for row in tallied()) == 5
    assert ledger_differences() == []


@pytest.mark.django_db
def test_a_run_that_is_stored_with_its_answer_is_in_it(alice):
    source = journal.succeed(RunFactory.create(owner=alice))
    RunFactory.create(
        owner=alice, status="succeeded", finished_at=timezone.now(), saved_usd=source.cost_usd
    )

    assert tallied() == counted()


@pytest.mark.django_db
def test_what_a_run_came_to_after_its_end_is_in_it(alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run)
    journal.lose_worker(run)
    in_doubt = run.cost_usd
    journal.finish(journal.start(run))
    Run.objects.filter(pk=run.pk).update(cost_usd=in_doubt / 2, in_doubt_usd=0)

    assert tallied() == counted()
    assert tallied()[0][len(KEYS) + 1] == in_doubt / 2 > 0


@pytest.mark.django_db
def test_what_changes_nothing_in_it_writes_nothing(alice):
    run = journal.succeed(RunFactory.create(owner=alice))
    Run.objects.filter(pk=run.pk).update(task="", feedback=1)

    assert OwnerTally.objects.count() == 1


@pytest.mark.django_db
def test_a_deleted_run_is_in_it_no_more(alice, bob):
    runs = ended_runs(alice, bob)
    Run.objects.filter(pk__in=[run.pk for run in runs[:2]]).delete()

    assert tallied() == counted()
    assert sum(row[len(KEYS)] for row in tallied()) == 3


@pytest.mark.django_db
def test_folding_keeps_every_sum_and_leaves_one_row_a_key(alice, bob):
    ended_runs(alice, bob)
    ended_runs(alice, bob)
    before = tallied()
    fold_owner_tally()
    folded = OwnerTally.objects.count()
    ended_runs(alice, bob)
    fold_owner_tally()

    assert folded == len(before) == OwnerTally.objects.count()
    assert tallied() == counted()
    assert set(OwnerTally.objects.values_list("folded", flat=True)) == {True}


@pytest.mark.django_db
def test_folding_leaves_no_row_of_what_was_deleted(alice):
    run = journal.succeed(RunFactory.create(owner=alice))
    fold_owner_tally()
    Run.objects.filter(pk=run.pk).delete()
    fold_owner_tally()

    assert not OwnerTally.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_that_fold_at_once_take_nothing_twice(alice):
    journal.succeed(RunFactory.create(owner=alice))
    fold_owner_tally()
    journal.succeed(RunFactory.create(owner=alice))

    def end_one_and_fold() -> None:
        on_its_own_connection(lambda: journal.succeed(RunFactory.create(owner=alice)))
        fold_owner_tally()

    race(fold_owner_tally, end_one_and_fold)

    assert tallied() == counted()
    journal.succeed(RunFactory.create(owner=alice))
    fold_owner_tally()
    assert OwnerTally.objects.count() == 1
    assert tallied() == counted()


@pytest.mark.usefixtures("of_the_last_release")
def test_an_upgrade_counts_a_run_once_that_ends_meanwhile(alice, bob):
    ended_runs(alice, bob)
    going_on = journal.start(RunFactory.create(owner=alice))
    journal.buy(going_on)
    assert tallied() == []

    statements = (upgrade.SUBMITTED, upgrade.CHANGED, upgrade.DELETED, upgrade.EARLIER)
    race(lambda: journal.finish(going_on), lambda: execute(*statements))
    assert tallied() == counted()

    journal.succeed(RunFactory.create(owner=bob))
    assert tallied() == counted()
    assert ledger_differences() == []
