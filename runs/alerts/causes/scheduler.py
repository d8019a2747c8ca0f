"""Periodic tasks that have stopped while workers are there to do them; for staff."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from runs.alert_models import AlertLook, Kind
from runs.alerts.finding import Finding
from runs.models import Worker


def found() -> Iterator[Finding]:
    """Once an outage. A worker that has just started has had no time to be asked for anything."""
    silence = timedelta(seconds=settings.ALERT_SILENT_S)
    look = AlertLook.objects.filter(scheduled_at__lt=Now() - silence).first()
    alive = Worker.objects.filter(ended_at=None, expires_at__gt=Now())
    if look is None or not alive.filter(started_at__lt=Now() - silence).exists():
        return
    yield Finding(
        kind=Kind.SCHEDULER,
        subject="scheduler",
        starts_at=look.scheduled_at,
        data={"seen_at": look.scheduled_at.isoformat()},
    )
