"""The worker of equal runs dies or stops: nobody's answer is lost, and what was bought is kept."""

from collections.abc import Callable, Iterator

import pytest

from runs.models import Run
from runs.states import Status
from tests.flows.equal import (
    CACHE,
    ENDLESS,
    assert_free_of,
    follows,
    in_second_call,
    submit_equal,
)
from tests.forkserver.client import Process
from tests.stack import Stack, kill_now, wait_for

__all__ = ["submit_equal"]


@pytest.fixture
def start(stack: Stack, no_worker: None) -> Iterator[Callable[[str], Process]]:
    """Start a worker of a site that keeps answers; it ends with the test."""
    started: list[Process] = []

    def start(name: str) -> Process:
        started.append(stack.start_worker(name, **CACHE))
        return started[-1]

    yield start
    for worker in started:
        stack.stop(worker)


@pytest.fixture
def pair(stack: Stack, submit_equal) -> Callable[[], tuple[Run, Run]]:
    """Submit a run, and an equal one that waits for it."""

    def pair() -> tuple[Run, Run]:
        leader = submit_equal(ENDLESS)
        wait_for(in_second_call(leader, stack))
        follower = submit_equal(ENDLESS)
        wait_for(follows(follower))
        return leader, follower

    return pair


def test_nothing_is_lost_when_the_leader_s_worker_dies(start, pair, ended) -> None:
    doomed = start("doomed")
    leader, follower = pair()
    kill_now(doomed)
    start("heir-of-both")

    for run in (leader, follower):
        assert ended(run).status == Status.SUCCEEDED
    assert not leader.cache_hit
    assert leader.saved_usd > 0, "what was bought before is read back"


def test_a_stopped_worker_hands_a_waiting_run_back(stack: Stack, start, pair, ended) -> None:
    polite = start("polite-to-both")
    leader, follower = pair()
    assert stack.stop(polite) == 0
    follower.refresh_from_db()
    assert (follower.status, follower.attempt) == (Status.QUEUED, 1)

    start("next-of-both")
    assert_free_of(ended(leader), ended(follower))
