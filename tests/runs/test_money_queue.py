"""Runs that wait for money in the queue: first come, first served, nobody for another's budget."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import BudgetWindow
from runs.models import Run, Worker
from runs.states import Status
from tests import journal
from tests.factories import RunFactory, UserFactory, WorkerFactory, set_budget
from tests.runs.life import claim, queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]

CLOSING = journal.cost("gpt-4.1-mini", 1000, 0, 1000)
NEEDS = 2 * journal.cost("gpt-4.1-mini", 1000, 0, 256)


@pytest.fixture
def worker() -> Worker:
    return WorkerFactory.create(expires_at=timezone.now() + timedelta(hours=1))


def begun(worker: Worker, run: Run, **options: Any) -> str:
    """A worker claims the run, which is the only one that can be, and begins it."""
    assert claim(worker, 1) == [run.pk]
    run.refresh_from_db()
    return journal.begin(run, **options)


def test_a_run_that_needs_much_is_not_overtaken_for_ever(worker: Worker) -> None:
    user: User = UserFactory.create()
    set_budget(CLOSING * 3, scope="user", user=user)
    first = [RunFactory.create(owner=user) for _ in range(2)]
    assert [begun(worker, run) for run in first] == ["begun", "begun"]
    big = RunFactory.create(owner=user)
    assert begun(worker, big, max_input_tokens=4000) == "queued"
    later = RunFactory.create(owner=user)
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
    assert set(claim(worker, 9)) == set(sorted(run.pk for run in waiting)[:3])


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


def test_one_that_waits_for_the_site_is_not_overtaken_either(worker: Worker) -> None:
    set_budget(NEEDS * 20)
    busy = journal.start(RunFactory.create())
    hold = journal.dispatch(busy, max_output_tokens=20_000)
    elder = RunFactory.create()
    assert begun(worker, elder) == "queued"
    later = RunFactory.create()
    assert begun(worker, later) == "queued"
    journal.fail(busy, hold)
    assert claim(worker, 9) == [elder.pk, later.pk]


def test_who_needs_much_of_the_sites_money_keeps_nobody_from_the_rest(worker: Worker) -> None:
    set_budget(NEEDS * 9)
    begun(worker, RunFactory.create())
    queue(UserFactory.create(), 1, needs_usd=NEEDS * 8)
    (late,) = queue(UserFactory.create(), 1, needs_usd=NEEDS)
    assert claim(worker, 9) == [late.pk]
    late.refresh_from_db()
    assert journal.begin(late) == "begun"


def test_who_waits_for_two_budgets_closes_only_its_own(worker: Worker) -> None:
    user: User = UserFactory.create()
    set_budget(NEEDS * 12)
    set_budget(NEEDS, scope="user", user=user)
    holder = journal.start(RunFactory.create(owner=user))
    journal.dispatch(holder, max_input_tokens=500, max_output_tokens=500)
    journal.dispatch(journal.start(RunFactory.create()), max_output_tokens=10_000)
    queue(user, 1, needs_usd=NEEDS)
    (other,) = queue(UserFactory.create(), 1, needs_usd=NEEDS / 8)
    assert claim(worker, 9) == [other.pk]


def test_what_is_let_in_can_begin(worker: Worker) -> None:
    """A ticket stands, and a run that would take more than it needs takes what is left."""
    bound = journal.cost("gpt-4.1-mini", 2000, 0, 1000)
    set_budget(bound + NEEDS * Decimal("1.1"))
    capped = journal.start(RunFactory.create(max_cost_usd=bound * Decimal("1.2")))
    journal.dispatch(capped)
    assert journal.ask(capped, "react/t2/think").outcome == "waiting"
    (run,) = queue(UserFactory.create(), 1, needs_usd=NEEDS)
    assert claim(worker, 9) == [run.pk]
    run.refresh_from_db()
    assert journal.begin(run) == "begun"


def test_an_elder_past_its_deadline_keeps_nobody_waiting(worker: Worker) -> None:
    user: User = UserFactory.create()
    set_budget(CLOSING * 2, scope="user", user=user)
    past = timezone.now() - timedelta(seconds=1)
    queue(user, 1, needs_usd=CLOSING * 2, deadline_at=past)
    run = RunFactory.create(owner=user)
    assert begun(worker, run) == "begun"


def test_tickets_for_another_budget_leave_the_sites_money_free(worker: Worker) -> None:
    user: User = UserFactory.create()
    set_budget(NEEDS * 12)
    set_budget(CLOSING * 2, scope="user", user=user)
    journal.dispatch(journal.start(RunFactory.create(owner=user)), max_input_tokens=1000)
    for _ in range(6):
        waiting = journal.start(RunFactory.create(owner=user))
        assert journal.ask(waiting, max_input_tokens=6000).outcome == "waiting"
    (other,) = queue(UserFactory.create(), 1, needs_usd=NEEDS * 3)
    assert claim(worker, 9) == [other.pk]


def test_no_run_begins_while_a_started_one_waits_for_the_same_money(worker: Worker) -> None:
    set_budget(CLOSING * 4)
    started, busy = RunFactory.create(), RunFactory.create()
    assert begun(worker, started) == "begun"
    assert begun(worker, busy) == "begun"
    journal.dispatch(busy, max_input_tokens=1000)
    assert journal.ask(started, max_input_tokens=5000).outcome == "waiting"
    queue(UserFactory.create(), 1, needs_usd=NEEDS)
    assert claim(worker, 9) == []


def test_thousands_that_wait_cost_a_claim_one_look_each(worker: Worker) -> None:
    rich: User = UserFactory.create()
    set_budget(NEEDS, scope="user", user=rich)
    busy = RunFactory.create(owner=rich)
    begun(worker, busy)
    queue(rich, 2000, needs_usd=NEEDS)
    others = [run.pk for _ in range(20) for run in queue(UserFactory.create(), 1)]
    assert set(claim(worker, 20)) == set(others)


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
    assert claim(worker, 9) == [possible.pk]
    journal.sweep()
    never.refresh_from_db()
    assert (never.status, never.error and never.error["code"]) == (Status.FAILED, "budget_exceeded")
