"""Two connections at each lock on money: the second waits, and then the sums are right."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing.models import Budget, BudgetWindow, Hold, LedgerEntry
from billing.services import change_budget, create_budget, delete_budget
from runs.models import Run, Worker
from runs.states import Status
from tests import journal
from tests.factories import RunFactory, WorkerFactory, set_budget
from tests.money import BOUND, running, window
from tests.race import on_its_own_connection, race, waiting_connections
from tests.stack import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("books_agree"),
]


def lose(run: Run) -> None:
    """The lease of the run's worker is over."""
    Worker.objects.filter(runs=run).update(expires_at=timezone.now() - timedelta(seconds=1))


def end(run: Run) -> None:
    """Give everything back, so that the books can be closed."""
    for hold in Hold.objects.filter(run_id=run.pk, state="dispatched"):
        journal.settle(run, hold.pk)
    journal.finish(run)


class TestHold:
    """Money is held under the lock of its windows."""

    def test_the_last_money_goes_to_one_of_two(self) -> None:
        budget = set_budget(BOUND * Decimal("1.2"))
        one, other = running(), running()
        answer = race(lambda: journal.ask(one), lambda: journal.ask(other))
        assert answer.outcome == "waiting"
        assert window(budget).held_usd == BOUND
        end(one)
        assert journal.ask(other).outcome == "held"
        end(other)

    def test_two_open_a_new_window_once(self) -> None:
        budget = set_budget(Decimal(1))
        BudgetWindow.objects.all().delete()
        one, other = running(), running()
        answer = race(lambda: journal.ask(one), lambda: journal.ask(other))
        assert answer.outcome == "held"
        assert window(budget).held_usd == 2 * BOUND

    def test_many_open_the_new_day_beside_the_old_month(self) -> None:
        set_budget(Decimal(10))
        day = create_budget(scope="site", period="day", limit_usd=Decimal(10))
        runs = [running() for _ in range(8)]
        with ThreadPoolExecutor(len(runs)) as pool:
            for midnight in range(8):
                past = timedelta(days=midnight + 1)
                BudgetWindow.objects.filter(budget=day, ends_at__gt=timezone.now()).update(
                    starts_at=F("starts_at") - past, ends_at=F("ends_at") - past
                )
                key = f"react/t{midnight}/think"
                asked = pool.map(
                    lambda run, key=key: on_its_own_connection(lambda: journal.ask(run, key)),
                    runs,
                )
                assert {answer.outcome for answer in asked} == {"held"}
        for hold in Hold.objects.filter(state="dispatched"):
            journal.fail(next(run for run in runs if run.pk == hold.run_id), hold.pk)

    def test_a_budget_that_is_being_made_counts_the_hold_that_waits_for_it(self) -> None:
        run = running()
        made: list[Budget] = []
        answer = race(
            lambda: made.append(set_budget(BOUND / 2)), lambda: journal.ask(run, attempt=1)
        )
        assert answer.outcome == "exhausted"
        assert window(made[0]).held_usd == 0

    def test_a_budget_made_during_a_hold_counts_it(self) -> None:
        run = running()
        budget = race(lambda: journal.ask(run), lambda: set_budget(Decimal(1)))
        assert window(budget).held_usd == BOUND
        end(run)
        assert (window(budget).held_usd, window(budget).settled_usd) == (0, run.cost_usd)

    def test_a_limit_that_is_being_lowered_holds_for_the_next(self) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        answer = race(
            lambda: change_budget(budget=budget, limit_usd=Decimal(0)), lambda: journal.ask(run)
        )
        assert answer.outcome == "exhausted"

    def test_a_cancelled_run_holds_nothing_more(self) -> None:
        run = running()
        journal.dispatch(run)
        answer = race(
            lambda: Run.objects.filter(pk=run.pk).move(Status.CANCELLING),
            lambda: journal.ask(run, "react/t2/think"),
        )
        assert answer.outcome == "cancelling"


class TestSettle:
    """Money is settled under the locks of its run and its windows."""

    def test_one_hold_is_settled_once(self) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        hold = journal.dispatch(run)
        race(lambda: journal.settle(run, hold), lambda: journal.settle(run, hold))
        run.refresh_from_db()
        assert LedgerEntry.objects.count() == 1
        assert window(budget).settled_usd == run.cost_usd == LedgerEntry.objects.get().amount

    def test_two_runs_settle_into_one_window(self) -> None:
        budget = set_budget(Decimal(1))
        one, other = running(), running()
        holds = journal.dispatch(one), journal.dispatch(other)
        race(lambda: journal.settle(one, holds[0]), lambda: journal.settle(other, holds[1]))
        other.refresh_from_db()
        assert window(budget).settled_usd == one.cost_usd + other.cost_usd
        assert window(budget).held_usd == 0

    def test_a_budget_made_during_a_settlement_counts_it_once(self) -> None:
        run = running()
        hold = journal.dispatch(run)
        budget = race(lambda: journal.settle(run, hold), lambda: set_budget(Decimal(1)))
        assert (window(budget).held_usd, window(budget).settled_usd) == (0, run.cost_usd)

    def test_a_settlement_finds_the_budget_that_was_being_made(self) -> None:
        run = running()
        hold = journal.dispatch(run)
        made: list[Budget] = []
        race(lambda: made.append(set_budget(Decimal(1))), lambda: journal.settle(run, hold))
        run.refresh_from_db()
        assert (window(made[0]).held_usd, window(made[0]).settled_usd) == (0, run.cost_usd)

    def test_a_changed_limit_keeps_what_is_being_settled(self) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        hold = journal.dispatch(run)
        race(
            lambda: journal.settle(run, hold),
            lambda: change_budget(budget=budget, limit_usd=Decimal("0.0001")),
        )
        spent = window(budget)
        assert (spent.limit_usd, spent.settled_usd) == (Decimal("0.0001"), run.cost_usd)

    def test_a_budget_that_is_being_deleted_is_settled_nowhere(self) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        hold = journal.dispatch(run)
        race(lambda: delete_budget(budget=budget), lambda: journal.settle(run, hold))
        run.refresh_from_db()
        assert not BudgetWindow.objects.exists()
        assert run.cost_usd == LedgerEntry.objects.get().amount


class TestEnds:
    """A run's end, its worker's end and a settlement meet on the run row."""

    def test_a_run_ends_after_the_settlement_that_is_under_way(self) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        hold = journal.dispatch(run)
        ending = Run.objects.get(pk=run.pk)
        race(lambda: journal.settle(run, hold), lambda: journal.finish(ending))
        assert ending.status == Status.SUCCEEDED
        assert ending.cost_usd == window(budget).settled_usd == run.cost_usd
        assert ending.events.latest("seq").type == "run.finished"

    def test_what_is_known_late_follows_the_end_without_an_event(self) -> None:
        budget = set_budget(Decimal(1))
        stale = running()
        hold = journal.dispatch(stale)
        lose(stale)
        journal.sweep()
        run = journal.start(Run.objects.get(pk=stale.pk))
        doubt = run.cost_usd
        race(lambda: journal.finish(run), lambda: journal.settle(stale, hold, fresh=10, output=10))
        run.refresh_from_db()
        assert run.cost_usd == window(budget).settled_usd < doubt
        assert run.events.latest("seq").type == "run.finished"

    def test_a_settlement_during_the_sweep_supersedes_the_doubt(self) -> None:
        budget = set_budget(Decimal(1))
        run = running()
        hold = journal.dispatch(run)
        lose(run)
        race(journal.sweep, lambda: journal.settle(run, hold, fresh=10, output=10))
        run.refresh_from_db()
        assert run.in_doubt_usd == 0
        assert run.cost_usd == window(budget).settled_usd == journal.cost("gpt-4.1-mini", 10, 0, 10)
        assert not run.steps.filter(status="done").exists()

    def test_the_sweep_passes_over_a_run_that_is_being_settled(self) -> None:
        set_budget(Decimal(1))
        run = running()
        hold = journal.dispatch(run)
        lose(run)
        race(lambda: journal.settle(run, hold), journal.sweep, waits=False)
        assert Run.objects.get(pk=run.pk).status == Status.RUNNING
        journal.sweep()
        run.refresh_from_db()
        assert (run.status, run.in_doubt_usd) == (Status.QUEUED, 0)

    def test_a_sweep_of_several_runs_and_a_hold_never_wait_for_each_other(self) -> None:
        """The sweep takes the site's window for one run and a user's for the next; a hold takes
        the user's first.
        """
        worker = WorkerFactory.create()
        # In whichever order they are swept, the one with a budget of its own isn't the first.
        runs = [journal.start(RunFactory.create(), worker) for _ in range(3)]
        create_budget(scope="user", period="month", limit_usd=Decimal(1), user=runs[1].owner)
        budget = set_budget(Decimal(1))
        for run in runs:
            journal.dispatch(run)
        lively = running(owner=runs[1].owner)
        lose(runs[0])
        with ThreadPoolExecutor(2) as pool:
            with transaction.atomic():
                BudgetWindow.objects.select_for_update().get(budget=budget, simulated=True)
                swept = pool.submit(on_its_own_connection, journal.sweep)
                wait_for(lambda: waiting_connections() == 1, every=0.01)
                held = pool.submit(on_its_own_connection, lambda: journal.ask(lively))
                wait_for(lambda: waiting_connections() == 2, every=0.01)
            swept.result(90)
            assert held.result(90).outcome == "held"
