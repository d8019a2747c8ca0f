"""The client against the site's own views: what it sends is taken, what comes back is typed."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from accounts.models import Scope, User
from agentsite.client import Client, Conflict, Invalid, NotFound, PermissionDenied
from runs.models import Run
from tests import journal
from tests.agentsite.client.line import Line
from tests.factories import RunFactory, set_budget


def test_a_submit_gives_the_run_that_is_stored(client: Client, alice: User) -> None:
    accepted = client.submit(
        "What is 6 times 7?",
        max_cost_usd=Decimal("0.20"),
        metadata={"team": "blue"},
        params={"max_iterations": 3},
    )
    stored = Run.objects.get(owner=alice)

    assert (accepted.id, accepted.status, accepted.replayed) == (str(stored.pk), "queued", False)
    assert accepted.url == f"http://testserver/runs/{stored.pk}/"
    assert accepted.run is not None
    assert accepted.run.max_cost_usd == stored.max_cost_usd == Decimal("0.20")
    assert (accepted.run.metadata, accepted.run.params) == ({"team": "blue"}, stored.params)


def test_the_same_key_gives_the_same_run(client: Client) -> None:
    first, again = (client.submit("Hello", idempotency_key="order-1") for _ in range(2))

    assert (first.id, first.replayed) == (again.id, False)
    assert again.replayed


def test_a_token_that_may_not_read_is_told_only_where_the_run_is(client_of, alice: User) -> None:
    accepted = client_of(alice, [Scope.RUNS_WRITE]).submit("Hello")

    assert accepted.run is None
    assert accepted.id == str(Run.objects.get().pk)


def test_a_run_is_read_with_exact_money_and_times(client: Client, alice: User) -> None:
    stored = journal.succeed(RunFactory.create(owner=alice), "42")
    run = client.run(str(stored.pk))

    assert (run.answer, run.status, run.usage.llm_calls) == ("42", "succeeded", 2)
    assert run.cost_usd == stored.cost_usd > 0
    assert run.created_at == stored.created_at
    assert isinstance(run.finished_at, datetime)
    assert run.links.self_.endswith(f"/api/v1/runs/{stored.pk}/")


def test_steps_and_bill_agree_with_the_run(client: Client, alice: User) -> None:
    stored = journal.succeed(RunFactory.create(owner=alice))
    steps, bill = list(client.steps(str(stored.pk))), client.ledger(str(stored.pk))

    assert [step.kind for step in steps] == ["llm", "tool", "llm"]
    assert sum(step.cost_usd for step in steps) == stored.cost_usd
    assert sum(line.amount_usd for line in bill.results) == bill.cost_usd == stored.cost_usd


def test_all_pages_of_the_list_are_read_as_they_are_needed(
    client: Client, alice: User, line: Line
) -> None:
    made = [str(RunFactory.create(owner=alice).pk) for _ in range(5)]
    runs = client.runs(page_size=2, status="queued")

    assert next(runs).id == made[-1]
    assert len(line.sent) == 1
    assert [run.id for run in runs] == made[-2::-1]
    assert len(line.sent) == 3


def test_another_user_s_run_is_not_found(client: Client, bob: User) -> None:
    run = RunFactory.create(owner=bob)
    for ask in (client.run, client.ledger, client.cancel, lambda pk: list(client.steps(pk))):
        with pytest.raises(NotFound):
            ask(str(run.pk))


def test_a_run_is_cancelled_and_one_that_has_ended_is_a_conflict(client: Client, alice) -> None:
    run = RunFactory.create(owner=alice)
    assert client.cancel(str(run.pk)).status == "cancelled"

    ended = journal.succeed(RunFactory.create(owner=alice))
    with pytest.raises(Conflict, match="ended"):
        client.cancel(str(ended.pk))


def test_a_fork_goes_on_from_a_step(client: Client, alice: User) -> None:
    source = journal.succeed(RunFactory.create(owner=alice))
    fork = client.fork(str(source.pk), "react/t1/think", model="gpt-4.1").run

    assert fork is not None
    assert fork.fork is not None
    assert (fork.fork.run, fork.fork.step) == (str(source.pk), "react/t1/think")
    assert (fork.task, fork.routing.chosen) == (source.task, "gpt-4.1")


def test_an_estimate_costs_nothing(client: Client) -> None:
    estimate = client.estimate("What is 6 times 7?", pattern="reflection")

    assert estimate.cost_usd.p50 <= estimate.cost_usd.p90 <= estimate.cost_usd.max
    assert estimate.llm_calls.typical > 0
    assert not Run.objects.exists()


def test_budgets_usage_and_oneself(client: Client, alice: User) -> None:
    set_budget(5, scope="user", user=alice)
    journal.succeed(RunFactory.create(owner=alice))
    (budget,) = client.budgets()
    report = client.usage(group_by="day,model")
    me = client.me()

    assert budget.remaining_usd == budget.limit_usd - budget.settled_usd - budget.held_usd
    assert (report.group_by, len(report.results)) == (["day", "model"], 1)
    assert report.results[0].day == report.to
    assert (me.email, me.token and me.token.name) == (alice.email, "client")


def test_waiting_ends_with_the_run_or_with_the_time(client: Client, alice: User, line) -> None:
    ended = journal.succeed(RunFactory.create(owner=alice))
    assert client.wait(str(ended.pk)).answer == "42"

    queued = RunFactory.create(owner=alice)
    with pytest.raises(TimeoutError, match="queued after 0"):
        client.wait(str(queued.pk), timeout_s=0)


def test_what_is_refused_is_said_by_field(client: Client) -> None:
    with pytest.raises(Invalid) as refused:
        client.submit("Hello", pattern="no such")
    assert refused.value.code == "unknown_pattern"

    with pytest.raises(Invalid) as refused:
        client.submit("Hello", deadline_s=-1)
    assert set(refused.value.errors) == {"deadline_s"}
    assert str(refused.value).startswith("deadline_s: ")


def test_a_scope_that_is_missing_is_named(client_of: Callable[..., Client], alice: User) -> None:
    with pytest.raises(PermissionDenied, match="runs:write"):
        client_of(alice, [Scope.RUNS_READ]).submit("Hello")


def test_a_rerun_is_a_new_run_of_the_same_task(client: Client, alice: User) -> None:
    source = journal.succeed(RunFactory.create(owner=alice))
    again = client.rerun(str(source.pk), pattern="reflection").run

    assert again is not None
    assert again.id != str(source.pk)
    assert (again.task, again.pattern) == (source.task, "reflection")
