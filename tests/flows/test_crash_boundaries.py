"""A worker dies at each boundary of a paid call, or only the reply of a COMMIT is lost."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from billing.models import LedgerEntry
from runs.states import Status
from tests.flows.provider_bill import assert_books_are_the_providers
from tests.proxy import PostgresWire, Proxy, Trap, Wire
from tests.stack import Stack, wait_for

# Two calls: the first wants the calculator, the second answers.
TASK = "What is 17 % of 2,340, minus 58?"


class Crossing:
    """A worker whose ways to Postgres and to the provider lead through proxies."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.postgres = Proxy(stack.env["DATABASE_URL"], PostgresWire)
        self.provider = Proxy(stack.env["SIMULATOR_URL"], Wire)
        self.deaths = 0
        self._start()

    def die(self) -> None:
        """kill -9."""
        os.kill(self._worker.pid, signal.SIGKILL)

    def replace(self) -> None:
        """Another worker takes the dead one's place."""
        self._worker.wait(60)
        self.deaths += 1
        self._start()

    def close(self) -> None:
        """End the worker."""
        self.stack.stop(self._worker)
        self.postgres.close()
        self.provider.close()

    def _start(self) -> None:
        self._worker = self.stack.start_worker(
            f"crossing{self.deaths}",
            DATABASE_URL=self.postgres.url,
            SIMULATOR_URL=self.provider.url,
        )


@pytest.fixture(scope="module")
def crossing(stack: Stack) -> Iterator[Crossing]:
    if stack.shared_worker is not None:
        stack.stop(stack.shared_worker)
        stack.shared_worker = None
    crossing = Crossing(stack)
    yield crossing
    crossing.close()


def second(crossing: Crossing, where: str, act: Any) -> Trap:
    """A trap at this boundary of the second call."""
    match where:
        case "before the hold":
            return crossing.postgres.set("hold_call", "before", act, nth=2)
        case "after the hold":
            return crossing.postgres.set("hold_call", "after", act, nth=2)
        case "before the request":
            return crossing.provider.set("POST /v1/chat", "before", act, nth=2)
        case "in mid-stream":
            return crossing.provider.set("POST /v1/chat", "during", act, nth=2)
        case "before the settlement":
            return crossing.postgres.set("settle_call", "before", act, nth=2)
        case _:
            return crossing.postgres.set("settle_call", "after", act, nth=2)


@pytest.mark.parametrize(
    ("where", "bought", "in_doubt"),
    [
        ("before the hold", 2, 0),
        ("after the hold", 2, 1),
        ("before the request", 2, 1),
        ("in mid-stream", 3, 1),
        ("before the settlement", 3, 1),
        ("after the settlement", 2, 0),
    ],
)
def test_a_worker_that_dies_there_costs_at_most_a_doubt(
    crossing: Crossing, submit, ended, where: str, bought: int, in_doubt: int
) -> None:
    trap = second(crossing, where, crossing.die)
    run = submit(f"{TASK} [sim: tokens_per_s=60 on=2]")
    assert trap.sprung.wait(90)
    crossing.replace()
    ended(run)
    assert (run.status, run.attempt) == (Status.SUCCEEDED, 2)
    wait_for(lambda: len(crossing.stack.provider_ledger(run.task)) == bought)
    assert LedgerEntry.objects.filter(run_id=run.pk, confidence="in_doubt").count() == in_doubt
    assert_books_are_the_providers(run, crossing.stack)


@pytest.mark.parametrize("statement", ["begin", "hold_call", "record_tool", "settle_call"])
def test_a_lost_reply_to_a_commit_changes_nothing(
    crossing: Crossing, submit, ended, statement: str
) -> None:
    trap = crossing.postgres.set(statement, "after", lambda: None)
    run = ended(submit(TASK))
    assert trap.sprung.is_set()
    assert (run.status, run.attempt, run.in_doubt_usd) == (Status.SUCCEEDED, 1, 0)
    assert len(crossing.stack.provider_ledger(run.task)) == 2
    assert LedgerEntry.objects.filter(run_id=run.pk).count() == 2
    types = Counter(run.events.values_list("type", flat=True))
    assert (types["step.started"], types["step.finished"]) == (2, 2)
    assert (types["tool.started"], types["tool.finished"], types["run.finished"]) == (1, 1, 1)
    assert_books_are_the_providers(run, crossing.stack)


@pytest.mark.parametrize("statement", ["claim", "finish"])
def test_a_lost_reply_at_either_end_of_a_run_loses_nothing(
    crossing: Crossing, submit, ended, statement: str
) -> None:
    trap = crossing.postgres.set(statement, "after", lambda: None)
    run = ended(submit(TASK))
    assert trap.sprung.wait(90)
    assert (run.status, run.in_doubt_usd) == (Status.SUCCEEDED, 0)
    assert run.events.latest("seq").type == "run.finished"
    assert_books_are_the_providers(run, crossing.stack)
