"""A run's life from outside: queued, claimed, its worker dead, and the events so far."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from billing.statements import run as execute
from runs import functions
from runs.models import Run, RunEvent, Worker


def queue(owner: User, count: int, **fields: Any) -> list[Run]:
    """Many queued runs at once, oldest first."""
    common = {
        "owner": owner,
        "task": "What is 6 times 7?",
        "pattern": "react",
        "model": "auto",
        "chosen_model": "gpt-4.1-mini",
        "provider": "simulator",
        "simulated": True,
        "deadline_at": timezone.now() + timedelta(hours=1),
    }
    return Run.objects.bulk_create(Run(**common | fields) for _ in range(count))


def claim(worker: Worker, limit: int, cap: int = 1000) -> list[UUID]:
    statement = functions.claim(worker_id=worker.pk, limit=limit, user_cap=cap)
    return [claimed.run_id for claimed in execute(statement)]


def die(worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def event_types(run: Run) -> list[str]:
    events = list(RunEvent.objects.filter(run=run))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return [event.type for event in events]
