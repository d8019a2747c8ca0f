"""A dead worker's call whose answer can be read on keeps its money, and is settled once."""

from decimal import Decimal

import pytest

from billing.models import Hold, LedgerEntry
from billing.services import create_budget
from runs import functions
from runs.functions import Outcome
from runs.models import Run, Step
from runs.services import cancel_run
from tests import journal
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
COST = journal.cost("gpt-4.1-mini", 812, 0, 224)


@pytest.fixture
def lost(alice) -> tuple[Run, int, int]:
    """A run whose worker died while the provider wrote; its hold, and the dead worker's epoch."""
    create_budget(scope="user", period="month", limit_usd=Decimal(1), user=alice)
    run = journal.start(RunFactory.create(owner=alice))
    hold, epoch = journal.dispatch(run), run.epoch
    Step.objects.filter(run=run).update(answer_id="resp_1", answer_after=0)
    journal.lose_worker(run)
    return run, hold, epoch


def confidences() -> list[str]:
    return list(LedgerEntry.objects.order_by("id").values_list("confidence", flat=True))


def test_no_money_moves_until_the_answer_is_there(lost):
    run, hold, _ = lost
    assert (run.status, run.in_doubt_usd, run.cost_usd) == ("queued", 0, 0)
    held = Hold.objects.get(pk=hold)
    assert (held.state, run.held_usd) == ("dispatched", held.amount)
    assert confidences() == []
    (notice,) = run.events.filter(type="notice", data__code="worker_lost")
    assert notice.data["in_doubt_calls"] == 0


def test_the_next_epoch_settles_it_with_one_exact_line(lost):
    run, hold, _ = lost
    journal.settle(journal.start(run), hold)
    assert confidences() == ["exact"]
    assert (run.cost_usd, run.held_usd, run.llm_calls) == (COST, 0, 1)
    assert run.steps.get().status == "done"


def test_what_the_dead_worker_still_settled_is_kept_and_so_is_the_answer(lost):
    run, hold, epoch = lost
    journal.start(run)
    owned, run.epoch = run.epoch, epoch
    journal.settle(run, hold)
    assert (run.steps.get().status, run.llm_calls) == ("started", 0)
    assert run.epoch == owned

    journal.settle(run, hold, content="42")
    journal.settle(run, hold, content="42")
    step = run.steps.get()
    assert (step.status, step.response["content"], run.llm_calls) == ("done", "42", 1)
    assert confidences() == ["exact"]
    assert run.cost_usd == COST
    (finished,) = run.events.filter(type="step.finished")
    assert Decimal(finished.data["cost_usd"]) == COST


def test_what_the_dead_worker_could_only_guess_gives_way(lost):
    run, hold, epoch = lost
    journal.start(run)
    run.epoch = epoch
    journal.settle(run, hold, confidence="estimated")
    assert confidences() == ["in_doubt"]
    journal.settle(run, hold)
    assert confidences() == ["in_doubt", "in_doubt", "exact"]
    assert (run.cost_usd, run.in_doubt_usd, run.steps.get().status) == (COST, 0, "done")


def test_a_run_that_ends_before_that_leaves_a_doubt(lost, alice):
    run, _, _ = lost
    cancel_run(run=run)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert confidences() == ["in_doubt"]
    assert run.held_usd == 0


@pytest.fixture
def ending(alice) -> Run:
    """A run whose worker has to end while the provider writes."""
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run)
    Step.objects.filter(run=run).update(answer_id="resp_1", answer_after=0)
    return run


def test_a_worker_that_ends_leaves_the_answer_to_the_next_one(ending):
    assert journal.do(functions.hand_back, ending).outcome == Outcome.DISPATCHED
    assert journal.do(functions.hand_over, ending).outcome == Outcome.QUEUED
    ending.refresh_from_db()
    assert (ending.status, ending.attempt, ending.in_doubt_usd) == ("queued", 1, 0)
    assert ending.events.filter(type="notice", data__code="handed_back").count() == 1

    journal.settle(journal.start(ending), Hold.objects.get().pk)
    assert confidences() == ["exact"]
    assert (ending.cost_usd, ending.held_usd, ending.steps.get().status) == (COST, 0, "done")


def test_what_nobody_can_read_on_isnt_left_to_the_next_one(ending):
    journal.dispatch(ending, "react/t2/think")
    assert journal.do(functions.hand_over, ending).outcome == Outcome.DISPATCHED
    ending.refresh_from_db()
    assert ending.status == "running"


def test_only_the_runs_own_worker_hands_it_over(ending):
    cancel_run(run=ending)
    assert journal.do(functions.hand_over, ending).outcome == Outcome.CANCELLING
    ending.epoch -= 1
    assert journal.do(functions.hand_over, ending).outcome == Outcome.FENCED
