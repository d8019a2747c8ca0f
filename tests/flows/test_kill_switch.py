"""The kill switch with real workers: nothing is bought after it, and its receipt is the bill's."""

import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import connection

from accounts.models import User
from agentsite.local.children import Child
from billing.models import Hold
from billing.money import PER_TOKEN
from runs.errors import Stopped
from runs.models import KillSwitch, Run
from runs.selectors.kill_switches import receipt_of
from runs.services import Submission, submit_run
from runs.services.kill_switch import pull
from runs.states import TERMINAL, Status
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.stack import Stack, wait_for

SLOW = "[sim: chunks=600 rate=30]"


def billed_usd(rows: list[dict[str, Any]]) -> Decimal:
    """What the provider charges for these, at the prices of gpt-4.1-mini."""
    return sum(
        (
            PER_TOKEN
            * (
                (row["prompt_tokens"] - row["cached_tokens"]) * Decimal("0.4")
                + row["cached_tokens"] * Decimal("0.1")
                + row["completion_tokens"] * Decimal("1.6")
            )
            for row in rows
        ),
        Decimal(0),
    )


def test_streams_are_cut_and_the_receipt_holds_against_the_providers_ledger(
    stack: Stack,
    worker: Child,
    owner: User,
    submit: Callable[..., Run],
    ended: Callable[[Run], Run],
) -> None:
    ended(submit("What is 3 * 3?"))
    streaming = [submit(f"Describe a lighthouse. {SLOW}", tools=[]) for _ in range(4)]
    for run in streaming:
        wait_for(partial(_streams, stack, run))
    switch = pull(scope="user", user=owner, reason="Enough.", by=None)

    for run in streaming:
        assert ended(run).status == Status.CANCELLED
    receipt = receipt_of(switch)
    billed = [row for run in streaming for row in stack.provider_ledger(run.task)]
    assert (receipt.runs, receipt.ending) == ({"running": 4}, 0)
    assert (receipt.calls, receipt.calls_open) == (4, 0)
    # Dollars: the provider's bill is within what was charged, and that within what was in flight.
    sums = receipt.simulated
    assert len(billed) == 4
    assert {row["status"] for row in billed} == {"client_gone"}
    assert 0 < billed_usd(billed) <= sums.charged <= sums.held
    assert sums.charged == sum(run.cost_usd for run in streaming)
    assert sums.doubt_bound == sums.in_doubt == sum(run.in_doubt_usd for run in streaming)
    for run in streaming:
        assert_never_below_the_provider(run, stack.provider_ledger(run.task))
    # The last byte came after the pull, and before the last of the runs had ended.
    assert receipt.last_byte_at is not None
    assert receipt.last_byte_at >= switch.pulled_at
    ends = [run.finished_at for run in streaming if run.finished_at]
    assert receipt.last_byte_at <= max(ends)


def test_nothing_is_bought_after_it_while_submits_rain(
    stack: Stack, worker: Child, owner: User, submit: Callable[..., Run]
) -> None:
    """Four threads submit as fast as they can, and the switch is pulled among them."""
    mark = uuid4().hex
    stopped = threading.Event()
    refused: list[Stopped] = []

    def rain() -> None:
        try:
            while not stopped.is_set():
                task = f"What is 12 * 12? {mark} {uuid4().hex}"
                submit_run(owner=owner, submission=Submission(task=task, pattern="react"))
        except Stopped as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=rain) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: Run.objects.filter(owner=owner, status=Status.SUCCEEDED).count() >= 3)
        switch = pull(scope="user", user=owner, reason="Enough.", by=None)
    finally:
        for thread in threads:
            thread.join(60)
        stopped.set()

    assert len(refused) == 4
    wait_for(lambda: not Run.objects.filter(owner=owner).exclude(status__in=TERMINAL).exists())
    # No money was held once all had been told to end, and the provider saw no call without money.
    calls = Hold.objects.filter(owner=owner, run_id__in=_runs_of(owner))
    assert not calls.filter(held_at__gt=switch.stopped_at).exists()
    assert len(stack.provider_ledger(mark)) <= calls.exclude(state=Hold.State.WAITING).count()
    assert not Run.objects.filter(owner=owner, created_at__gt=switch.pulled_at).exists()
    assert not Run.objects.filter(owner=owner, started_at__gt=switch.stopped_at).exists()
    receipt = receipt_of(switch)
    assert receipt.run_count >= receipt.runs.get("running", 0)
    assert receipt.ending == receipt.calls_open == 0
    assert KillSwitch.objects.on().filter(pk=switch.pk).exists()


def test_a_worker_goes_on_where_whoever_pulled_it_died(
    stack: Stack,
    worker: Child,
    owner: User,
    submit: Callable[..., Run],
    ended: Callable[..., Run],
) -> None:
    run = submit(f"Describe a lighthouse. {SLOW}", tools=[])
    wait_for(partial(_streams, stack, run))
    switch = KillSwitch.objects.create(scope="user", user=owner, reason="Enough.")

    assert ended(run).status == Status.CANCELLED
    wait_for(KillSwitch.objects.filter(pk=switch.pk, stopped_at__isnull=False).exists)
    assert receipt_of(switch).calls == 1


def _streams(stack: Stack, run: Run) -> bool:
    return stack.provider_answers(run.task) == 1


def _runs_of(owner: User) -> list[Any]:
    return list(Run.objects.filter(owner=owner).values_list("pk", flat=True))


def test_a_worker_that_dies_at_the_switch_leaves_a_bound(
    stack: Stack,
    no_worker: None,
    owner: User,
    submit: Callable[..., Run],
    ended: Callable[..., Run],
) -> None:
    first = stack.start_worker("dies")
    run = submit(f"Describe a lighthouse. {SLOW}", tools=[])
    wait_for(lambda: stack.provider_answers(run.task) == 1)
    first.kill()
    first.wait(60)
    switch = pull(scope="user", user=owner, reason="Enough.", by=None)
    assert receipt_of(switch).simulated.open == receipt_of(switch).simulated.held > 0

    second = stack.start_worker("sweeps")
    assert ended(run).status == Status.CANCELLED
    stack.stop(second)
    sums = receipt_of(switch).simulated
    billed = stack.provider_ledger(run.task)
    assert sums.open == 0
    assert billed_usd(billed) <= sums.in_doubt == sums.held == run.in_doubt_usd
    assert len(billed) == 1
