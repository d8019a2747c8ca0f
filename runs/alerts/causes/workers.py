"""Workers whose lease ended without a word of theirs, and that there are none; for staff."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce, Least, Now

from runs.alert_models import Alert, Kind
from runs.alerts.finding import Finding
from runs.models import Run, Worker
from runs.states import Status

LATELY = timedelta(days=1)
# Of workers that die as soon as they start, so many are told.
MOST, SPAN = 5, timedelta(hours=1)


def found() -> Iterator[Finding]:
    """Each once, and some an hour. One that stops in good order ends before its lease does."""
    lost = Q(ended_at__gte=F("expires_at")) | Q(ended_at=None, expires_at__lt=Now())
    dead = Worker.objects.filter(lost, expires_at__gt=Now() - LATELY).order_by("expires_at")
    told = Alert.objects.filter(kind=Kind.WORKER, created_at__gt=Now() - 2 * LATELY)
    known = set(told.values_list("subject", flat=True))
    room = MOST - told.filter(created_at__gt=Now() - SPAN).count()
    untold = [worker for worker in dead if str(worker.pk) not in known]
    yield from (_finding(worker) for worker in untold[: max(0, room)])


def _finding(worker: Worker) -> Finding:
    return Finding(
        kind=Kind.WORKER,
        subject=str(worker.pk),
        starts_at=worker.started_at,
        data={
            "name": worker.name,
            "seen_at": worker.seen_at.isoformat(),
            "expires_at": worker.expires_at.isoformat(),
        },
    )


def none_found() -> Iterator[Finding]:
    """Once an outage: no worker is there, nor was one lately. A site that never had one is new."""
    ended = Least("expires_at", Coalesce("ended_at", "expires_at"))
    workers = Worker.objects.annotate(until=ended)
    last = workers.aggregate(last=Max("until"))["last"]
    lately = Now() - timedelta(seconds=settings.ALERT_SILENT_S)
    if last is None or workers.filter(until__gt=lately).exists():
        return
    yield Finding(
        kind=Kind.NO_WORKERS,
        subject="workers",
        starts_at=last,
        data={
            "seen_at": last.isoformat(),
            "queued": Run.objects.filter(status=Status.QUEUED).count(),
        },
    )
