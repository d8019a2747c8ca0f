"""A kill switch: nothing that it names is taken in, claimed or paid for, and all else goes on."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.audit_models import Action, AuditEntry
from accounts.models import ApiToken, User
from billing.models import Hold
from billing.statements import run as execute
from runs import functions
from runs.errors import InvalidSubmission, Stopped
from runs.functions import Outcome
from runs.models import KillSwitch, Run, Step, StoppedRun
from runs.selectors.kill_switches import receipt_of
from runs.services import Submission, submit_run
from runs.services.kill_switch import finish_stopping, is_stopped, lift, pull, stop_all
from runs.states import Status
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, WorkerFactory
from tests.race import race

pytestmark = pytest.mark.django_db
SUBMISSION = Submission(task="What is 6 times 7?", pattern="react")
WHY = "Spends too fast."


def stop(scope: str = "site", by: User | None = None, **target: Any) -> KillSwitch:
    return pull(scope=scope, reason=WHY, by=by, **target)


def status_of(run: Run) -> str:
    run.refresh_from_db()
    return str(run.status)


def test_the_site_takes_nothing_in_until_it_is_lifted(alice: User, staff: User) -> None:
    switch = stop(by=staff)
    with pytest.raises(Stopped, match=WHY):
        submit_run(owner=alice, submission=SUBMISSION)
    lift(switch=switch, by=staff)

    assert submit_run(owner=alice, submission=SUBMISSION).run.status == Status.QUEUED


def test_a_user_is_stopped_and_others_are_not(alice: User, bob: User) -> None:
    hers, his = RunFactory.create(owner=alice), RunFactory.create(owner=bob)
    stop("user", user=alice)

    with pytest.raises(Stopped):
        submit_run(owner=alice, submission=SUBMISSION)
    submit_run(owner=bob, submission=SUBMISSION)
    assert (status_of(hers), status_of(his)) == (Status.CANCELLED, Status.QUEUED)


def test_a_token_is_stopped_and_its_user_is_not(alice: User) -> None:
    token = ApiTokenFactory.create(user=alice)
    by_token = RunFactory.create(owner=alice, api_token=token)
    by_hand = RunFactory.create(owner=alice)
    stop("token", api_token=token)

    with pytest.raises(Stopped):
        submit_run(owner=alice, submission=SUBMISSION, api_token=token)
    submit_run(owner=alice, submission=SUBMISSION)
    assert (status_of(by_token), status_of(by_hand)) == (Status.CANCELLED, Status.QUEUED)


def test_a_pattern_is_stopped_and_others_are_not(alice: User) -> None:
    storm = RunFactory.create(owner=alice, pattern="storm", params={})
    react = RunFactory.create(owner=alice)
    stop("pattern", pattern="storm")

    with pytest.raises(Stopped):
        submit_run(owner=alice, submission=Submission(task="Write.", pattern="storm"))
    submit_run(owner=alice, submission=SUBMISSION)
    assert (status_of(storm), status_of(react)) == (Status.CANCELLED, Status.QUEUED)


@pytest.mark.parametrize(
    "target",
    [
        {"scope": "user"},
        {"scope": "site", "pattern": "react"},
        {"scope": "pattern", "pattern": "unknown"},
        {"scope": "token"},
        {"scope": "site", "reason": " "},
        {"scope": "site", "reason": "x" * 301},
    ],
)
def test_a_switch_names_what_it_stops_and_why(target: dict[str, Any]) -> None:
    with pytest.raises(InvalidSubmission):
        pull(**{"reason": WHY, "by": None, **target})
    assert not KillSwitch.objects.exists()


def test_no_statement_gets_a_run_past_it(alice: User) -> None:
    """Whatever stores a run, such as an older release: the trigger is asked."""
    stop("user", user=alice)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        RunFactory.create(owner=alice)
    assert is_stopped(refused.value)


def test_no_worker_claims_a_run_that_is_still_queued(alice: User, bob: User) -> None:
    """As when whoever pulled it died before the queue was emptied; others go on once it is."""
    hers, his = RunFactory.create(owner=alice), RunFactory.create(owner=bob)
    switch = KillSwitch.objects.create(scope="user", user=alice, reason=WHY)
    assert journal.start(hers).status == Status.QUEUED

    assert finish_stopping() == 1
    assert (status_of(hers), journal.start(his).status) == (Status.CANCELLED, Status.RUNNING)
    assert receipt_of(switch).run_count == 1
    assert finish_stopping() == 0


def test_executing_runs_end_and_the_receipt_has_what_they_had_under_way(alice: User) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.begin(run)
    hold = journal.dispatch(run)
    queued = RunFactory.create(owner=alice)
    switch = stop("user", user=alice)

    assert (status_of(run), status_of(queued)) == (Status.CANCELLING, Status.CANCELLED)
    receipt = receipt_of(switch)
    assert (receipt.runs, receipt.ending) == ({"running": 1, "queued": 1}, 1)
    assert (receipt.calls, receipt.calls_open, receipt.last_byte_at) == (1, 1, None)
    assert receipt.simulated.held == receipt.simulated.open == receipt.simulated.doubt_bound > 0
    assert receipt.real.held == 0
    assert switch.stopped_at is not None
    assert hold


def test_the_receipt_is_settled_by_the_ledger(alice: User) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.begin(run)
    journal.dispatch(run)
    switch = stop("user", user=alice)
    journal.lose_worker(run)

    receipt = receipt_of(switch)
    assert (receipt.ending, receipt.calls_open) == (0, 0)
    assert receipt.simulated.in_doubt == receipt.simulated.held == receipt.simulated.doubt_bound
    assert receipt.simulated.charged == run.cost_usd if status_of(run) else False
    assert receipt.last_byte_after is not None
    assert receipt.last_byte_after.total_seconds() >= 0


def test_a_call_is_refused_once_its_run_is_stopped(alice: User) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.begin(run)
    stop("user", user=alice)

    assert journal.ask(run).outcome == Outcome.CANCELLING
    assert not Hold.objects.filter(state="dispatched").exists()


def test_pulled_again_it_is_the_same_and_stops_what_was_left(alice: User) -> None:
    first = stop("user", user=alice)
    left = KillSwitch.objects.filter(pk=first.pk)
    left.update(lifted_at=first.pulled_at)
    run = RunFactory.create(owner=alice)
    left.update(lifted_at=None)
    second = stop("user", user=alice)

    assert (second.pk, second.pulled_at) == (first.pk, first.pulled_at)
    assert status_of(run) == Status.CANCELLED
    assert StoppedRun.objects.get(switch=first).run_id == run.pk
    assert AuditEntry.objects.filter(action=Action.KILL_SWITCH_PULLED).count() == 1


def test_lifted_again_it_is_the_same(alice: User, staff: User) -> None:
    switch = stop("user", user=alice)
    at = lift(switch=switch, by=staff).lifted_at

    assert lift(switch=switch, by=None).lifted_at == at
    assert AuditEntry.objects.filter(action=Action.KILL_SWITCH_LIFTED).count() == 1


def test_more_runs_than_one_batch_are_stopped(alice: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("runs.services.kill_switch.BATCH", 2)
    executing = [journal.start(RunFactory.create(owner=alice)) for _ in range(3)]
    holding = journal.start(RunFactory.create(owner=alice))
    journal.begin(holding)
    journal.do(functions.hand_back, holding)
    queued = [RunFactory.create(owner=alice) for _ in range(5)]
    switch = stop("user", user=alice)

    assert {status_of(run) for run in executing} == {Status.CANCELLING}
    assert {status_of(run) for run in [*queued, holding]} == {Status.CANCELLED}
    assert receipt_of(switch).run_count == 9
    holding.refresh_from_db()
    assert holding.held_usd == Decimal(0)


def test_the_receipt_outlives_the_token_and_the_user(bob: User) -> None:
    token = ApiTokenFactory.create(user=bob)
    switch = stop("token", api_token=token)
    bob.delete()

    kept = KillSwitch.objects.select_related("api_token", "user").get(pk=switch.pk)
    assert kept.api_token_id == token.pk
    assert receipt_of(kept).run_count == 0


@pytest.mark.django_db(transaction=True)
def test_a_submit_that_is_under_way_is_stored_first_and_then_stopped() -> None:
    """The pull waits for it: no run slips in between the row and the look at the queue."""
    owner = User.objects.create_user(f"{uuid4().hex}@example.org")
    made: list[Run] = []
    switch = race(
        lambda: made.append(submit_run(owner=owner, submission=SUBMISSION).run),
        lambda: stop("user", user=owner),
    )

    assert status_of(made[0]) == Status.CANCELLED
    assert StoppedRun.objects.get(switch=switch).run_id == made[0].pk


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_is_under_way_ends_before_the_stop_looks() -> None:
    """It chose its runs before the switch was there: they would be in no list, and execute."""
    owner = User.objects.create_user(f"{uuid4().hex}@example.org")
    worker = WorkerFactory.create()
    claim = functions.claim(worker_id=worker.pk, limit=1, user_cap=1)
    switch = race(lambda: execute(claim), lambda: stop("user", user=owner))

    assert switch.stopped_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_stop_the_same_runs_at_once_and_note_each_once() -> None:
    owner = User.objects.create_user(f"{uuid4().hex}@example.org")
    run = journal.start(RunFactory.create(owner=owner))
    journal.dispatch(run)
    switch = KillSwitch.objects.create(scope="user", user=owner, reason=WHY)
    race(lambda: stop_all(switch=switch), lambda: stop("user", user=owner))

    receipt = receipt_of(switch)
    assert (receipt.run_count, receipt.calls, status_of(run)) == (1, 1, Status.CANCELLING)


def test_an_answer_that_waits_for_its_next_worker_is_on_the_receipt(alice: User) -> None:
    """The provider goes on writing it, and so its money is in flight at the stop."""
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run)
    Step.objects.filter(run=run).update(answer_id="resp_1", answer_after=0)
    assert journal.do(functions.hand_over, run).outcome == Outcome.QUEUED
    switch = stop("user", user=alice)

    receipt = receipt_of(switch)
    assert status_of(run) == Status.CANCELLED
    assert (receipt.runs, receipt.calls, receipt.calls_open) == ({"queued": 1}, 1, 0)
    assert receipt.simulated.held == receipt.simulated.in_doubt == run.in_doubt_usd > 0


@pytest.mark.django_db(transaction=True)
def test_a_stopped_submit_is_a_503_with_the_reason_on_every_way_in(
    transactional_db: None,
    alice: User,
    api_for: Callable[..., APIClient],
    client_for: Callable[[User], Client],
) -> None:
    api = api_for(alice)
    stop("user", user=alice)
    answer = api.post("/api/v1/runs/", {"task": "Hi"}, format="json")
    chat = {"model": "react", "messages": [{"role": "user", "content": "Hi"}]}
    openai = api.post("/v1/chat/completions", chat, format="json")
    plain = api.post("/agent/run/async", {"task": "Hi"}, format="json")
    page = client_for(alice).post("/", {"task": "Hi", "pattern": "react", "model": "auto"})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["detail"] == f"Stopped by the kill switch: {WHY}"
    assert answer.headers["Retry-After"] == "60"
    assert openai.status_code == plain.status_code == 503
    assert WHY in openai.content.decode()
    assert page.status_code in (422, 503)
    assert not Run.objects.filter(owner=alice).exists()


def test_tokens_of_the_stopped_still_read(alice: User, api_for: Callable[..., APIClient]) -> None:
    api = api_for(alice)
    stop("user", user=alice)

    assert api.get("/api/v1/runs/").status_code == 200
    assert ApiToken.objects.filter(user=alice, revoked_at=None).exists()
