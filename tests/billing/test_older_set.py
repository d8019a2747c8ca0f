"""A worker of the first release pays through its own set of functions, on the newest tables."""

from collections.abc import Iterator

import pytest
from django.db import connection

from billing.models import LedgerEntry, ModelSafety, UsageRollup
from billing.sql import SET
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.money import BOUND, MODEL, window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
OLDER = 1


class _OlderNames:
    """Sends each statement to the older set, as the release that was made for it does."""

    def __call__(self, execute, sql, params, many, context):
        for app in ("billing", "runs"):
            sql = sql.replace(f"{app}_{SET}.", f"{app}_{OLDER}.")
        if f"runs_{OLDER}.settle_call(" in sql:
            # It took no notice.
            sql, params = sql.replace(", %s)", ")"), params[:-1]
        return execute(sql, params, many, context)


@pytest.fixture
def older_release() -> Iterator[None]:
    with connection.execute_wrapper(_OlderNames()):
        yield


def bound_of_old() -> dict[str, object]:
    """It said what it knew of the model's cap with each bound."""
    return journal.bound_of(MODEL, 2000, 1000) | {"ignores_cap": False}


def test_it_holds_settles_and_leaves_books_that_agree(older_release):
    budget = set_budget(10)
    run = journal.start(RunFactory.create())
    answer = journal.ask(run, bound=bound_of_old())
    assert (answer.outcome, window(budget).held_usd) == ("held", BOUND)
    journal.settle(run, answer.hold, fresh=100, cached=10, output=20)

    entry = LedgerEntry.objects.get()
    assert (entry.cache_write_tokens, entry.cache_write_price) == (0, 0)
    assert entry.amount == window(budget).settled_usd == journal.cost(MODEL, 100, 10, 20)
    journal.finish(run)


def test_its_line_in_doubt_is_reversed_by_the_newer_set():
    with connection.execute_wrapper(_OlderNames()):
        run = journal.start(RunFactory.create())
        hold, epoch = journal.ask(run, bound=bound_of_old()).hold, run.epoch
        journal.lose_worker(run)
    run.epoch = epoch
    journal.settle(run, hold, fresh=10, written=20, output=30)
    run.refresh_from_db()
    assert run.cost_usd == journal.cost(MODEL, 30, 0, 30)
    assert UsageRollup.objects.get().cache_write_tokens == 20


def test_what_it_learns_counts_for_the_newer_set(older_release):
    run = journal.start(RunFactory.create())
    hold = journal.ask(run, bound=bound_of_old()).hold
    journal.settle(run, hold, fresh=100, output=9000, safety="1")
    assert ModelSafety.objects.get().ignores_cap
