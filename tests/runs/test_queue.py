"""The fair queue: whose turn it is, what a flood of runs costs others, what readers are told."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from runs.models import Run, Worker
from runs.selectors.queue import queue_places, starts_in_s
from runs.states import EXECUTING, Status
from tests import journal
from tests.factories import RunFactory, UserFactory, WorkerFactory
from tests.runs.life import claim, queue

pytestmark = pytest.mark.django_db


def places(runs: list[Run]) -> list[int]:
    found = queue_places(runs)
    return [found[run.pk].position for run in runs]


def test_a_thousand_queued_runs_delay_another_user_by_one_slot() -> None:
    flood, other = UserFactory.create_batch(2)
    worker = WorkerFactory.create(capacity=10)
    queue(flood, 1000)
    assert len(claim(worker, 10)) == 10
    (late,) = queue(other, 1)
    assert places([late]) == [1]
    ended = Run.objects.filter(owner=flood, status=Status.RUNNING).first()
    assert ended is not None
    journal.finish(ended)
    assert claim(worker, 1) == [late.pk]


def test_places_are_the_order_in_which_runs_are_claimed() -> None:
    shuffle = random.Random(7)
    users = UserFactory.create_batch(5)
    worker = WorkerFactory.create(capacity=1000)
    for user in users[:3]:
        queue(user, shuffle.randint(1, 6))
    claim(worker, 1000)
    waiting = [
        run for _ in range(12) for run in queue(shuffle.choice(users), shuffle.randint(1, 4))
    ]
    found = queue_places(waiting)
    told = sorted(found, key=lambda run_id: found[run_id].position)
    assert [found[run_id].position for run_id in told] == list(range(1, len(waiting) + 1))
    assert [run_id for _ in waiting for run_id in claim(worker, 1)] == told


def test_runs_that_wait_for_money_are_passed_over() -> None:
    user = UserFactory.create()
    (poor,) = queue(user, 1, needs_usd=Decimal(5))
    (free,) = queue(user, 1)
    assert places([poor, free]) == [2, 1]
    assert queue_places([poor])[poor.pk].starts_in_s is None


def test_places_take_one_query(django_assert_num_queries: Any) -> None:
    runs = queue(UserFactory.create(), 30)
    with django_assert_num_queries(1):
        queue_places(runs)
    done = journal.succeed(RunFactory.create())
    with django_assert_num_queries(0):
        assert queue_places([done]) == {}


@pytest.mark.parametrize(
    ("position", "turn", "executing", "duration_s", "expected"),
    [
        (1, 1, 0, None, 0.0),  # a slot is free
        (1, 1, 10, None, None),  # nothing has ended yet: nothing is known
        (1, 1, 10, 20.0, 2.0),  # ten slots, one of them is free every two seconds
        (5, 5, 7, 20.0, 4.0),  # three slots are free, two more have to be
        (1, 51, 2, 20.0, 0.4),  # slots are free, but its user is at the cap of 50
    ],
)
def test_the_start_follows_from_what_runs_take(
    position: int, turn: int, executing: int, duration_s: float | None, expected: float | None
) -> None:
    told = starts_in_s(position, turn, slots=10, executing=executing, duration_s=duration_s)
    assert told == expected


def test_without_a_worker_no_start_is_foretold() -> None:
    assert starts_in_s(1, 1, slots=0, executing=0, duration_s=10.0) is None


def test_the_start_is_told_from_live_workers_and_runs_that_ended() -> None:
    worker = WorkerFactory.create(capacity=1)
    dead = timezone.now() - timedelta(hours=1)
    WorkerFactory.create(capacity=1000, expires_at=dead)
    done = journal.succeed(RunFactory.create())
    ended = timezone.now()
    Run.objects.filter(pk=done.pk).update(
        started_at=ended - timedelta(seconds=30), finished_at=ended, worker=None
    )
    Worker.objects.exclude(pk=worker.pk).update(expires_at=dead)
    user = UserFactory.create()
    queue(user, 3)
    claim(worker, 1)
    first, second = Run.objects.filter(status=Status.QUEUED).order_by("id")
    told = queue_places([first, second])
    assert (told[first.pk].starts_in_s, told[second.pk].starts_in_s) == (30.0, 60.0)


def test_the_run_and_its_page_say_where_it_stands(
    api_for: Any, client_for: Any, alice: User
) -> None:
    WorkerFactory.create(capacity=10)
    queue(UserFactory.create(), 1)
    run = RunFactory.create(owner=alice)
    shown = api_for(alice).get(f"/api/v1/runs/{run.pk}/").json()
    assert shown["queue"] == {"position": 2, "starts_in_s": 0.0}
    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
    assert "<dt>In line</dt>" in html
    assert "2nd" in html


@pytest.mark.django_db(transaction=True)
def test_the_cap_holds_under_two_claimers_at_once() -> None:
    users = UserFactory.create_batch(3)
    for user in users:
        queue(user, 20)
    workers = WorkerFactory.create_batch(2)
    barrier = threading.Barrier(2)

    def claim_often(worker: Worker) -> None:
        try:
            for _ in range(10):
                barrier.wait(timeout=90)
                claim(worker, 3, cap=7)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(claim_often, workers))
    loads = (
        Run.objects.filter(status__in=EXECUTING)
        .order_by()
        .values("owner")
        .annotate(count=Count("pk"))
        .values_list("count", flat=True)
    )
    assert list(loads) == [7, 7, 7]
