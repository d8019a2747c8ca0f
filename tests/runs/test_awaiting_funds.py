"""A run that asks for more money: it waits without a worker and a hold, and goes on once it may."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit_models import Action, AuditEntry
from accounts.models import User
from billing.models import Budget, Hold
from billing.money import format_usd
from billing.services import change_budget
from runs.errors import IdempotencyConflict, InvalidSubmission, NotWaiting
from runs.models import Run, RunEvent
from runs.services import cancel_run, fund_run
from runs.states import AnswerKind, Status
from tests import journal
from tests.factories import RunFactory, UserFactory, WorkerFactory, set_budget
from tests.money import LEAST, window
from tests.race import race
from tests.runs.life import claim, event_types

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]

CLOSING = journal.cost("gpt-4.1-mini", 1000, 0, 1000)
NEEDS = CLOSING + LEAST
CAP = Decimal("0.004")


def asking(**options: Any) -> Run:
    """A run that a worker has begun, and that has bought one call."""
    run = journal.start(RunFactory.create(when_out_of_money="ask", **options))
    assert journal.begin(run) == "begun"
    journal.buy(run)
    return run


def pause(run: Run, needs: Decimal = NEEDS) -> str:
    """What a worker says of a call that doesn't fit."""
    return journal.pause(run, needs=needs, partial="So far: 6.")


def waiting(**options: Any) -> Run:
    """A run whose own limit is too low for its next call."""
    run = asking(max_cost_usd=CAP, **options)
    assert pause(run, needs=CAP) == "paused"
    return run


def test_it_waits_without_a_worker_and_a_hold() -> None:
    budget = set_budget(1)
    run = waiting()
    assert (run.status, run.worker, run.held_usd) == (Status.AWAITING_FUNDS, None, 0)
    assert not Hold.objects.filter(run_id=run.pk, state="held").exists()
    assert window(budget).held_usd == 0
    assert claim(WorkerFactory.create(), 9) == []
    told = run.events.get(type="run.awaiting").data
    short = CAP - (CAP - run.cost_usd)
    assert (told["scope"], Decimal(told["short_usd"])) == ("run", short)
    assert Decimal(told["left_usd"]) == CAP - run.cost_usd
    assert told == run.awaiting
    assert f"Add at least ${told['short_usd']}." in told["message"]


def test_who_has_lost_it_is_fenced() -> None:
    run = asking(max_cost_usd=CAP)
    stale = Run.objects.get(pk=run.pk)
    assert pause(run, needs=CAP) == "paused"
    assert pause(stale) == "fenced"


def test_it_never_waits_before_its_cost_is_known() -> None:
    run = asking(max_cost_usd=1)
    journal.dispatch(run, "react/t2/think")
    assert pause(run, needs=Decimal(2)) == "dispatched"


def test_a_run_that_is_being_cancelled_ends_instead() -> None:
    run = asking(max_cost_usd=CAP)
    cancel_run(run=run)
    assert pause(run, needs=CAP) == "cancelling"


def test_with_more_money_it_goes_on_under_its_raised_limit() -> None:
    run = waiting()
    fund_run(run=run, add_usd=Decimal("0.5"))
    assert (run.status, run.max_cost_usd, run.awaiting) == (
        Status.QUEUED,
        CAP + Decimal("0.5"),
        None,
    )
    assert claim(WorkerFactory.create(), 9) == [run.pk]
    run.refresh_from_db()
    assert journal.begin(run) == "begun"
    journal.buy(run, "react/t2/think")
    journal.finish(run)
    assert event_types(run)[5:] == [
        "run.awaiting",
        "run.resumed",
        "run.started",
        "step.started",
        "step.finished",
        "cost",
        "run.finished",
    ]


def test_less_than_it_needs_is_refused() -> None:
    run = waiting()
    short = Decimal(run.awaiting["short_usd"])
    with pytest.raises(InvalidSubmission, match="at least"):
        fund_run(run=run, add_usd=short - Decimal("0.000001"))
    fund_run(run=run, add_usd=short)
    assert run.status == Status.QUEUED


@pytest.mark.parametrize("amount", ["0", "-1", "100000", "NaN"])
def test_an_amount_that_makes_no_sense_is_refused(amount: str) -> None:
    run = waiting()
    with pytest.raises(InvalidSubmission):
        fund_run(run=run, add_usd=Decimal(amount))


def test_a_key_pays_once() -> None:
    run = waiting()
    assert not fund_run(run=run, add_usd=Decimal(1), idempotency_key="k").replayed
    assert fund_run(run=run, add_usd=Decimal(1), idempotency_key="k").replayed
    assert run.max_cost_usd == CAP + 1
    with pytest.raises(IdempotencyConflict):
        fund_run(run=run, add_usd=Decimal(2), idempotency_key="k")


def test_an_answer_to_an_earlier_question_pays_nothing() -> None:
    run = waiting()
    earlier = run.awaiting["question"]
    fund_run(run=run, add_usd=Decimal(1), question=earlier)
    assert claim(WorkerFactory.create(), 1) == [run.pk]
    run.refresh_from_db()
    assert pause(run, needs=Decimal(2)) == "paused"
    with pytest.raises(NotWaiting):
        fund_run(run=run, add_usd=Decimal(1), question=earlier)
    fund_run(run=run, add_usd=Decimal(1), question=run.awaiting["question"])
    assert run.max_cost_usd == CAP + 2


@pytest.mark.django_db(transaction=True)
def test_two_at_once_pay_once() -> None:
    run = waiting()
    other = Run.objects.get(pk=run.pk)

    def second() -> str:
        try:
            fund_run(run=other, add_usd=Decimal(1))
        except NotWaiting:
            return "refused"
        return "paid"

    assert race(lambda: fund_run(run=run, add_usd=Decimal(1)), second) == "refused"
    run.refresh_from_db()
    assert run.max_cost_usd == CAP + 1


def test_a_run_that_does_not_wait_takes_no_money() -> None:
    run = asking(max_cost_usd=CAP)
    with pytest.raises(NotWaiting):
        fund_run(run=run, add_usd=Decimal(1))


def spent(budget: Budget, owner: User, most: Decimal = CAP) -> Run:
    """A run that waits for the user's budget, of which it has settled so much."""
    run = asking(owner=owner, max_cost_usd=10)
    assert pause(run, needs=most) == "paused"
    return run


def test_a_short_budget_is_staffs_to_raise_and_then_it_goes_on_by_itself() -> None:
    owner: User = UserFactory.create()
    budget = set_budget(CAP, scope="user", user=owner)
    run = spent(budget, owner)
    assert (run.status, run.awaiting["scope"]) == (Status.AWAITING_FUNDS, "user")
    with pytest.raises(NotWaiting, match="budget"):
        fund_run(run=run, add_usd=Decimal(1))
    journal.sweep()
    run.refresh_from_db()
    assert run.status == Status.AWAITING_FUNDS
    change_budget(budget=budget, limit_usd=Decimal(1))
    journal.sweep()
    run.refresh_from_db()
    assert (run.status, run.awaiting) == (Status.QUEUED, None)
    assert run.events.filter(type="run.resumed", data__code="room_again").count() == 1
    assert claim(WorkerFactory.create(), 9) == [run.pk]


def test_what_others_merely_hold_is_waited_for_in_the_queue() -> None:
    owner: User = UserFactory.create()
    set_budget(CAP * 2, scope="user", user=owner)
    other = journal.start(RunFactory.create(owner=owner))
    hold = journal.dispatch(other, max_input_tokens=4000, max_output_tokens=3000)
    run = journal.start(RunFactory.create(owner=owner, when_out_of_money="ask"))
    journal.buy(run, fresh=10, output=1)
    assert pause(run, needs=CAP) == "paused"
    assert (run.status, run.needs_usd) == (Status.QUEUED, CAP)
    assert claim(WorkerFactory.create(), 9) == []
    journal.fail(other, hold)
    assert claim(WorkerFactory.create(), 9) == [run.pk]


def test_what_waits_in_the_queue_asks_once_only_a_person_can_help() -> None:
    owner: User = UserFactory.create()
    set_budget(CAP * 2, scope="user", user=owner)
    other = journal.start(RunFactory.create(owner=owner))
    hold = journal.dispatch(other, max_input_tokens=4000, max_output_tokens=3000)
    run = journal.start(RunFactory.create(owner=owner, when_out_of_money="ask"))
    journal.buy(run, fresh=10, output=1)
    pause(run, needs=CAP)
    journal.settle(other, hold, fresh=4000, output=3000)
    journal.sweep()
    run.refresh_from_db()
    assert (run.status, run.awaiting["scope"]) == (Status.AWAITING_FUNDS, "user")


def test_one_that_can_not_even_begin_asks_too() -> None:
    run = journal.start(RunFactory.create(when_out_of_money="ask", max_cost_usd="0.0001"))
    assert journal.begin(run) == "paused"
    assert (run.status, run.awaiting["scope"]) == (Status.AWAITING_FUNDS, "run")
    fund_run(run=run, add_usd=Decimal(run.awaiting["short_usd"]))
    assert claim(WorkerFactory.create(), 9) == [run.pk]
    run.refresh_from_db()
    assert journal.begin(run) == "begun"


def test_it_is_cancelled_with_what_it_had() -> None:
    run = waiting()
    cancel_run(run=run)
    assert (run.status, run.answer) == (Status.CANCELLED, "So far: 6.")
    assert (run.answer_kind, run.awaiting) == (AnswerKind.PARTIAL, None)


def late(run: Run) -> Run:
    Run.objects.filter(pk=run.pk).update(deadline_at=timezone.now() - timedelta(hours=1))
    journal.sweep()
    run.refresh_from_db()
    return run


def test_at_its_deadline_it_goes_on_to_conclude() -> None:
    run = late(waiting())
    assert (run.status, run.needs_usd) == (Status.QUEUED, None)
    assert run.events.filter(type="run.resumed", data__code="past_deadline").exists()
    assert claim(WorkerFactory.create(), 9) == [run.pk]


def test_when_no_worker_comes_it_fails_with_what_it_had() -> None:
    run = late(waiting())
    Run.objects.filter(pk=run.pk).update(concludes_by=timezone.now() - timedelta(hours=1))
    journal.sweep()
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (Status.FAILED, "deadline")
    assert (run.answer, run.answer_kind) == ("So far: 6.", AnswerKind.PARTIAL)


def test_one_that_has_bought_nothing_fails_at_its_deadline() -> None:
    run = journal.start(RunFactory.create(when_out_of_money="ask", max_cost_usd="0.0001"))
    journal.begin(run)
    assert late(run).status == Status.FAILED


def test_waiting_runs_leave_the_users_places_free() -> None:
    owner: User = UserFactory.create()
    waiting(owner=owner)
    following = RunFactory.create(owner=owner)
    assert claim(WorkerFactory.create(), 9, cap=1) == [following.pk]
    assert Run.objects.visible_to(owner).active().count() == 2


def test_a_set_of_random_pauses_never_overspends() -> None:
    """What is held and settled stays within the budget, whoever waits and goes on."""
    owner: User = UserFactory.create()
    budget = set_budget(CAP * 3, scope="user", user=owner)
    runs = [asking(owner=owner, max_cost_usd=CAP) for _ in range(3)]
    for turn in range(2, 8):
        for run in runs:
            run.refresh_from_db()
            if run.status == Status.QUEUED:
                claim(WorkerFactory.create(), 9)
                run.refresh_from_db()
                if run.status == Status.RUNNING:
                    journal.begin(run)
            if run.status == Status.RUNNING:
                answer = journal.ask(run, f"react/t{turn}/think")
                if answer.outcome == "held":
                    journal.settle(run, answer.hold)
                else:
                    pause(run)
            if run.status == Status.AWAITING_FUNDS and run.awaiting["scope"] == "run":
                fund_run(run=run, add_usd=NEEDS)
            seen = window(budget)
            assert seen.settled_usd + seen.held_usd <= seen.limit_usd
            run.refresh_from_db()
            assert run.cost_usd + run.held_usd <= (run.max_cost_usd or 0)
    assert RunEvent.objects.filter(type="run.awaiting").count() >= len(runs)


def test_what_it_had_is_its_answer_when_it_fails_before_it_goes_on() -> None:
    run = waiting()
    fund_run(run=run, add_usd=Decimal(1))
    assert claim(WorkerFactory.create(), 9) == [run.pk]
    run.refresh_from_db()
    journal.finish(run, None, status="failed", answer_kind="none", stop_reason="failed")
    assert (run.status, run.answer, run.answer_kind) == (
        Status.FAILED,
        "So far: 6.",
        AnswerKind.PARTIAL,
    )


def test_money_that_is_given_is_recorded_once(alice: User) -> None:
    run = waiting(owner=alice)
    for _ in range(2):
        fund_run(run=run, add_usd=Decimal(1), idempotency_key="k")
    entry = AuditEntry.objects.get(action=Action.RUN_FUNDED)
    run.refresh_from_db()
    assert (entry.user_id, entry.about_id) == (alice.pk, str(run.pk))
    assert entry.after == {"add_usd": "1", "max_cost_usd": format_usd(run.max_cost_usd)}
