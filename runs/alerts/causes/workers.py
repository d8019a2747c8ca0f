"""Workers whose lease ended without a word of theirs; for staff."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from runs.alert_models import Kind
from runs.alerts.finding import Finding
from runs.models import Worker

LATELY = timedelta(days=1)


def found() -> Iterator[Finding]:
    """Each once. One that stops in good order ends before its lease does."""
    lost = Q(ended_at__gte=F("expires_at")) | Q(ended_at=None, expires_at__lt=Now())
    for worker in Worker.objects.filter(lost, expires_at__gt=Now() - LATELY):
        yield Finding(
            kind=Kind.WORKER,
            subject=str(worker.pk),
            starts_at=worker.started_at,
            data={
                "name": worker.name,
                "seen_at": worker.seen_at.isoformat(),
                "expires_at": worker.expires_at.isoformat(),
            },
        )
