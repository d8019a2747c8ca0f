"""Runs that wait for money in the queue: first come, first served, nobody for another's budget."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import BudgetWindow
from billing.selectors.audit import ledger_differences
from runs.models import Run, Worker
from runs.states import Status
from tests import journal
from tests.factories import RunFactory, UserFactory, WorkerFactory, set_budget
from tests.runs.test_queue import claim, queue

pytestmark = pytest.mark.django_db

CLOSING = journal.cost("gpt-4.1-mini", 1000, 0, 1000)
NEEDS = 2 * journal.cost("gpt-4.1-mini", 1000, 0, 256)


@pytest.fixture(autouse=True)
def _books_agree() -> Iterator[None]:
    yield
    assert ledger_differences() == []


@pytest.fixture
def worker() -> Worker:
    return WorkerFactory.create(expires_at=timezone.now() + timedelta(hours=1))


def begun(worker: Worker, run: Run, **options: Any) -> str:
    """A worker claims the run, which is the only one that can be, and begins it."""
    assert claim(worker, 1) == [run.pk]
    run.refresh_from_db()
    return journal.begin(run, **options)


def test_a_run_that_needs_much_is_not_overtaken_for_ever(worker: Worker) -> None:
    set_budget(CLOSING * 3)
    first = [RunFactory.create() for _ in range(2)]
    assert [begun(worker, run) for run in first] == ["begun", "begun"]
    big = RunFactory.create()
    assert begun(worker, big, max_input_tokens=4000) == "queued"
    later = RunFactory.create()
    assert begun(worker, later) == "queued", "it would take what the older one waits for"
    journal.finish(first[0])
    assert claim(worker, 9) == [], "the older one still has too little"
    journal.finish(first[1])
    assert claim(worker, 9) == [big.pk, later.pk]
    big.refresh_from_db()
    assert journal.begin(big, max_input_tokens=4000) == "begun"


def test_as_many_are_let_in_as_there_is_money_for(worker: Worker) -> None:
    set_budget(NEEDS * Decimal("3.5"))
    waiting = [run for _ in range(5) for run in queue(UserFactory.create(), 1, needs_usd=NEEDS)]
    assert set(claim(worker, 9)) == {run.pk for run in waiting[:3]}


def test_a_budget_of_one_user_keeps_nobody_else_from_the_sites_money(worker: Worker) -> None:
    poor: User = UserFactory.create()
    set_budget(NEEDS * 3)
    set_budget(NEEDS * 2, scope="user", user=poor)
    busy = RunFactory.create(owner=poor)
    assert begun(worker, busy) == "begun"
    queue(poor, 50, needs_usd=NEEDS * Decimal("1.5"))
    (other,) = queue(UserFactory.create(), 1, needs_usd=NEEDS)
    assert claim(worker, 9) == [other.pk]
    other.refresh_from_db()
    assert journal.begin(other) == "begun"


def test_no_run_begins_while_a_started_one_waits_for_the_same_money(worker: Worker) -> None:
    set_budget(CLOSING * 4)
    started, busy = RunFactory.create(), RunFactory.create()
    assert begun(worker, started) == "begun"
    assert begun(worker, busy) == "begun"
    journal.dispatch(busy, max_input_tokens=1000)
    assert journal.ask(started, max_input_tokens=5000)["outcome"] == "waiting"
    queue(UserFactory.create(), 1, needs_usd=NEEDS)
    assert claim(worker, 9) == []


def test_thousands_that_wait_cost_a_claim_one_look_each(worker: Worker) -> None:
    rich: User = UserFactory.create()
    set_budget(NEEDS, scope="user", user=rich)
    busy = RunFactory.create(owner=rich)
    begun(worker, busy)
    queue(rich, 2000, needs_usd=NEEDS)
    others = [run.pk for _ in range(20) for run in queue(UserFactory.create(), 1)]
    assert claim(worker, 20) == others


def test_the_claim_opens_no_window(worker: Worker) -> None:
    set_budget(NEEDS)
    BudgetWindow.objects.all().delete()
    (run,) = queue(UserFactory.create(), 1, needs_usd=NEEDS)
    assert claim(worker, 1) == [run.pk]
    assert not BudgetWindow.objects.exists()


def test_one_that_can_never_be_paid_fails_and_the_next_one_goes_on(worker: Worker) -> None:
    set_budget(NEEDS)
    user = UserFactory.create()
    never, possible = queue(user, 1, needs_usd=NEEDS * 2) + queue(user, 1, needs_usd=NEEDS)
    assert claim(worker, 9) == []
    journal.sweep()
    never.refresh_from_db()
    assert (never.status, never.error and never.error["code"]) == (Status.FAILED, "budget_exceeded")
    assert claim(worker, 9) == [possible.pk]
