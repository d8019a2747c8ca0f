"""Runs that ended long ago, and a site that deletes what is old."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from runs.models import Run


def aged(run: Run, days: int) -> Run:
    """The run as if it had ended so many days ago."""
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=days))
    run.refresh_from_db()
    return run


def keep_for(settings: Any, **days: int) -> None:
    """What is kept for how many days; all else is kept for good."""
    settings.RETENTION_DAYS = {**dict.fromkeys(settings.RETENTION_DAYS, 0), **days}


def keep_nothing_for(settings: Any, days: int) -> None:
    """Every kind is deleted after so many days."""
    settings.RETENTION_DAYS = dict.fromkeys(settings.RETENTION_DAYS, days)
