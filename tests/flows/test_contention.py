"""Two hundred submits at once against a budget with room for a quarter of them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from django.db import connection

from accounts.models import User
from billing.models import Budget, BudgetWindow, Hold, LedgerEntry
from billing.services import create_budget, delete_budget
from runs.models import Run, RunEvent
from runs.states import TERMINAL, Status
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.usefixtures("no_worker")

SUBMITS = 200
AT_ONCE = 20
# The answer costs most of what is held for it, so that the money runs out.
TASK = "Describe a lighthouse. [sim: chunks=3600 tokens_per_s=3000]"
FIGURES = {
    *("scope", "window", "timezone", "limit_usd", "settled_usd", "held_usd", "requested_usd"),
    "resets_at",
}
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
WINDOW = "SELECT settled_usd, held_usd, overrun_usd FROM billing_budgetwindow WHERE id = %s"


def test_it_is_never_over_and_refuses_nothing_that_it_has(
    stack: Stack, owner: User, key: str, submit, ended
) -> None:
    # With a lease that a busy machine doesn't end: nobody dies here.
    workers = [stack.start_worker(f"crowd{number}", WORKER_LEASE_S="15") for number in range(2)]
    pilot = ended(submit(TASK, tools=[]))
    assert pilot.status == Status.SUCCEEDED
    largest = max(Hold.objects.filter(run_id=pilot.pk).values_list("amount", flat=True))
    budget = create_budget(
        scope="user", period="day", limit_usd=pilot.cost_usd + 50 * largest, user=owner
    )
    deadlocks = _deadlocks()
    with _sampled(window_of(budget)) as samples:
        refusals = [body for body in _submit_all(stack, key) if body is not None]
        wait_for(lambda: not _open_runs(owner), every=0.2)
    for worker in workers:
        stack.stop(worker)

    window = window_of(budget)
    assert len(samples) > 20
    assert max(settled + held for settled, held, _ in samples) <= budget.limit_usd
    assert window.overrun_usd == 0
    assert window.held_usd == 0
    assert window.settled_usd == sum(
        LedgerEntry.objects.filter(owner=owner).values_list("amount", flat=True)
    )
    assert Decimal("0.95") <= window.settled_usd / budget.limit_usd <= 1
    assert _deadlocks() == deadlocks

    runs = Run.objects.filter(owner=owner)
    refusals += [run.error for run in runs.filter(status=Status.FAILED) if run.error]
    assert runs.filter(status=Status.SUCCEEDED).count() + len(refusals) == SUBMITS + 1
    assert runs.filter(status=Status.SUCCEEDED).count() >= 50
    for refusal in refusals:
        assert_just(refusal)
    waited = RunEvent.objects.filter(run__owner=owner, data__code="waiting_for_money")
    assert runs.filter(status=Status.SUCCEEDED, pk__in=waited.values("run_id")).exists()
    delete_budget(budget=budget)


def assert_just(refusal: dict[str, Any]) -> None:
    """The error names all figures, and by them there was no room."""
    assert refusal.keys() >= FIGURES
    assert (refusal["code"], refusal["scope"]) == ("budget_exceeded", "user")
    assert refusal["window"] == "day"
    limit, settled, held, requested = (
        Decimal(refusal[f"{name}_usd"]) for name in ("limit", "settled", "held", "requested")
    )
    assert settled >= limit or settled + held + requested > limit


def window_of(budget: Budget) -> BudgetWindow:
    return BudgetWindow.objects.get(budget=budget, simulated=True)


def _submit_all(stack: Stack, key: str) -> list[dict[str, Any] | None]:
    """Submit over HTTP from many threads; None for a 202, else the refusal."""
    headers = {"Authorization": f"Token {key}"}

    def submit(client: httpx2.Client) -> dict[str, Any] | None:
        body = {"task": f"{TASK} ({uuid4().hex})", "tools": []}
        answer = client.post("/api/v1/runs/", json=body)
        if answer.status_code == 202:
            return None
        assert answer.status_code == 402, answer.text
        refusal: dict[str, Any] = answer.json()
        return refusal

    with (
        httpx2.Client(base_url=stack.web_url, headers=headers, timeout=60) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        return list(pool.map(submit, [client] * SUBMITS))


@contextmanager
def _sampled(window: BudgetWindow) -> Iterator[list[tuple[Decimal, Decimal, Decimal]]]:
    """What the window has, again and again, read on a connection of its own."""
    samples: list[tuple[Decimal, Decimal, Decimal]] = []
    done = threading.Event()

    def sample() -> None:
        try:
            while not done.wait(0.02):
                with connection.cursor() as cursor:
                    cursor.execute(WINDOW, [window.pk])
                    samples.extend(cursor.fetchall())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        sampling = pool.submit(sample)
        try:
            yield samples
        finally:
            done.set()
            sampling.result(60)


def _open_runs(owner: User) -> bool:
    return Run.objects.filter(owner=owner).exclude(status__in=TERMINAL).exists()


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(DEADLOCKS)
        return int(cursor.fetchone()[0])
