"""Runs that a worker has claimed, made without their submits."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import User
from bench.clients.calls import MODEL
from runs.models import Run, Worker
from runs.states import Status

EPOCH = 1
LEASE = timedelta(hours=1)


def claimed_runs(count: int, *, owners: int) -> list[UUID]:
    """Make so many running runs, spread over so many new users. Their epoch is `EPOCH`."""
    now = timezone.now()
    worker = Worker.objects.create(name="bench", capacity=count, expires_at=now + LEASE)
    users = User.objects.bulk_create(
        User(email=f"{uuid4().hex}@example.org") for _ in range(owners)
    )
    runs = Run.objects.bulk_create(
        Run(
            owner=users[number % owners],
            task="What is 6 times 7?",
            pattern="react",
            model="auto",
            chosen_model=MODEL,
            provider="simulator",
            simulated=True,
            status=Status.RUNNING,
            epoch=EPOCH,
            attempt=1,
            last_seq=0,
            worker=worker,
            started_at=now,
            deadline_at=now + LEASE,
        )
        for number in range(count)
    )
    return [run.pk for run in runs]
