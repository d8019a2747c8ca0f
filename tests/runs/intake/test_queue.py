"""A run that joins the queue in sums has the place that the whole queue gives it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from runs.models import Run, Worker
from runs.selectors.queue import present_queue, queue_places
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


def queued(owner: User, **fields: object) -> Run:
    made: Any = RunFactory(owner=owner, **fields)
    run: Run = made
    return run


def worker(capacity: int) -> Worker:
    lease = timezone.now() + timedelta(hours=1)
    return Worker.objects.create(name="w", capacity=capacity, expires_at=lease)


@pytest.mark.parametrize("mine", [0, 1, 4])
@pytest.mark.parametrize("executing", [0, 2])
def test_a_run_that_joins_has_its_place(alice, bob, staff, mine: int, executing: int):
    by = worker(executing + 1)
    for owner, count in ((alice, mine), (bob, 3), (staff, 1)):
        for _ in range(count):
            queued(owner)
    for _ in range(executing):
        queued(bob, status="running", worker=by, started_at=timezone.now())
    queued(bob, needs_usd=1)
    queued(staff, deadline_at=timezone.now() - timedelta(seconds=1))

    queue = present_queue()
    expected = []
    for _ in range(2):
        run = queued(alice)
        expected.append(queue_places([run])[run.pk])

    assert [queue.join(alice.pk) for _ in range(2)] == expected
