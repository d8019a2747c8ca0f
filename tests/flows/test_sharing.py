"""Equal tasks in flight share one paid run, and nobody loses when that one ends badly."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.utils import timezone

from runs.models import Run
from runs.services import cancel_run
from runs.states import Status
from tests.flows.equal import (
    CACHE,
    ENDLESS,
    QUICK,
    SLOW,
    assert_free_of,
    follows,
    in_second_call,
    submit_equal,
)
from tests.race import on_its_own_connection
from tests.stack import Stack, standing_still, wait_for

__all__ = ["submit_equal"]

pytestmark = pytest.mark.usefixtures("keeping_worker")


@pytest.fixture(scope="module")
def keeping_worker(stack: Stack) -> Iterator[None]:
    """The only worker, of a site that keeps answers; these tests share it."""
    if stack.shared_worker is not None:
        stack.stop(stack.shared_worker)
        stack.shared_worker = None
    worker = stack.start_worker("keeping", **CACHE)
    yield
    stack.stop(worker)


def test_submits_at_once_are_paid_once(stack: Stack, submit_equal, ended) -> None:
    def submit(_: int) -> Run:
        run: Run = on_its_own_connection(lambda: submit_equal(QUICK))
        return run

    with ThreadPoolExecutor(5) as pool:
        runs = [ended(run) for run in pool.map(submit, range(5))]

    (payer,) = [run for run in runs if not run.cache_hit]
    for run in runs:
        if run.cache_hit:
            assert_free_of(payer, run)
    assert len(stack.provider_ledger(payer.task)) == payer.llm_calls


def test_a_later_one_waits_for_the_answer(stack: Stack, submit_equal, ended) -> None:
    leader = submit_equal(SLOW)
    wait_for(in_second_call(leader, stack))
    with standing_still(stack.simulator):
        follower = submit_equal(SLOW)
        wait_for(follows(follower))

    assert_free_of(ended(leader), ended(follower))
    assert submit_equal(SLOW).cache_hit


def test_a_follower_executes_itself_when_the_leader_fails(
    stack: Stack, submit_equal, ended
) -> None:
    task = f"{QUICK} [sim: status=400 on=2 times=1]"
    with standing_still(stack.simulator):
        leader = submit_equal(task)
        wait_for(leader.steps.filter(status="started").exists)
        follower = submit_equal(task)
        wait_for(follows(follower))

    assert ended(leader).status == Status.FAILED
    assert (ended(follower).status, follower.cache_hit) == (Status.SUCCEEDED, False)
    assert follower.cost_usd > 0


def test_a_follower_takes_over_when_the_leader_is_cancelled(
    stack: Stack, submit_equal, ended
) -> None:
    leader = submit_equal(ENDLESS)
    wait_for(in_second_call(leader, stack))
    heir, follower = submit_equal(ENDLESS), submit_equal(ENDLESS)
    for run in (heir, follower):
        wait_for(follows(run))
    cancel_run(run=leader)

    assert ended(leader).status == Status.CANCELLED
    assert (ended(heir).status, heir.cache_hit) == (Status.SUCCEEDED, False)
    assert_free_of(heir, ended(follower))


def test_a_cancelled_follower_leaves_the_leader_alone(stack: Stack, submit_equal, ended) -> None:
    leader = submit_equal(SLOW)
    wait_for(in_second_call(leader, stack))
    with standing_still(stack.simulator):
        follower = submit_equal(SLOW)
        wait_for(follows(follower))
        cancel_run(run=follower)
        ended(follower)

    assert (follower.status, follower.cost_usd) == (Status.CANCELLED, 0)
    assert not follower.cache_hit
    assert ended(leader).status == Status.SUCCEEDED


def test_tasks_that_ask_for_the_time_wait_for_nobody(stack: Stack, submit_equal, ended) -> None:
    task = "What time is it now? [sim: tokens_per_s=20]"
    runs = [submit_equal(task) for _ in range(3)]

    for run in runs:
        assert (ended(run).status, run.cache_hit) == (Status.SUCCEEDED, False)
        assert run.steps.filter(kind="tool", request__tool="current_time").exists()


def test_a_follower_concludes_at_its_deadline(stack: Stack, submit_equal, ended) -> None:
    leader = submit_equal(SLOW)
    wait_for(in_second_call(leader, stack))
    with standing_still(stack.simulator):
        follower = submit_equal(SLOW, deadline_s=8)
        wait_for(follows(follower))
        wait_for(lambda: timezone.now() > follower.deadline_at)

    assert ended(follower).stop_reason == "deadline"
    assert not follower.cache_hit
    assert ended(leader).answer_kind == "final"


def test_refreshing_waits_for_nobody(stack: Stack, submit_equal, ended) -> None:
    runs = [submit_equal(QUICK, cache="refresh") for _ in range(2)]
    assert [ended(run).cache_hit for run in runs] == [False, False]
    assert submit_equal(QUICK).paid_by in runs
