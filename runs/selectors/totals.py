"""What the site has done and is doing, in numbers of rows that don't grow with its age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import Coalesce, Now

from runs.models import AlertLook, Run, RunTally, Worker
from runs.states import AWAITING, EXECUTING, Status


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers with a valid lease, and how many runs they can execute at once."""

    alive: int
    slots: int


def ended_runs() -> Sequence[dict[str, Any]]:
    """By pattern, outcome, cache and bucket of `BOUNDS_S`: runs, and their seconds; one query."""
    rows = RunTally.objects.order_by("pattern", "became", "bucket")
    sums = rows.values("pattern", "became", "cache_hit", "bucket").annotate(
        sum_runs=Sum("runs"), sum_seconds=Sum("seconds")
    )
    return [dict(row) for row in sums]


def active_runs() -> Sequence[dict[str, Any]]:
    """By pattern and dollars: runs that have not ended, and what they hold; one query."""
    rows = Run.objects.active().order_by().values("pattern", "simulated")
    queued = Q(status=Status.QUEUED)
    sums = rows.annotate(
        at_work=Count("pk", filter=Q(status__in=EXECUTING)),
        queued=Count("pk", filter=queued),
        unpaid=Count("pk", filter=queued & Q(needs_usd__isnull=False)),
        awaiting=Count("pk", filter=Q(status__in=AWAITING)),
        held=Sum("held_usd", default=Decimal(0)),
    )
    return [dict(row) for row in sums]


def workers() -> Workers:
    """Those that claim runs now; one query."""
    found = Worker.objects.filter(ended_at=None, expires_at__gt=Now()).aggregate(
        alive=Count("pk"), slots=Coalesce(Sum("capacity"), 0)
    )
    return Workers(**found)


def scheduler_silence() -> timedelta | None:
    """How long ago the scheduler last had alerts looked for; None before the first time."""
    silence = Now() - F("scheduled_at")
    return AlertLook.objects.values_list(
        ExpressionWrapper(silence, output_field=DurationField()), flat=True
    ).first()
