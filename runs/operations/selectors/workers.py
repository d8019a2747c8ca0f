"""Worker processes, and how long ago each was heard of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from runs.models import Run, Worker
from runs.states import EXECUTING

SHOWN = 50
LATE = timedelta(seconds=5)
GONE = timedelta(seconds=15)
RECENTLY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker and the age of its last heartbeat."""

    worker: Worker
    runs: int
    age: timedelta

    @property
    def lamp(self) -> str:
        """Its lamp’s class: none is green, amber after 5 s, red after 15 s, off when ended."""
        if self.worker.ended_at is not None:
            return "lamp-off"
        if self.age > GONE:
            return "lamp-bad"
        return "lamp-warn" if self.age > LATE else ""

    @property
    def alive(self) -> bool:
        """True while its heartbeat is not more than late."""
        return self.lamp in ("", "lamp-warn")

    @property
    def words(self) -> str:
        """Its state in words, since colour alone says nothing."""
        names = {"lamp-off": "Stopped", "lamp-bad": "Gone", "lamp-warn": "Late"}
        return names.get(self.lamp, "Working" if self.runs else "Ready")


def worker_states(now: datetime) -> list[WorkerState]:
    """Live workers, and those that ended within the last hour; one query."""
    executing = Run.objects.filter(worker=OuterRef("pk"), status__in=EXECUTING).order_by()
    counts = executing.values("worker").annotate(count=Count("pk")).values("count")
    rows: Any = (
        Worker.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now - RECENTLY))
        .annotate(executing=Coalesce(Subquery(counts), 0))
        .order_by(F("ended_at").desc(nulls_first=True), "name")[:SHOWN]
    )
    return [WorkerState(row, row.executing, _since(row.seen_at, now)) for row in rows]


def _since(moment: datetime, now: datetime) -> timedelta:
    """How long ago; rows may be a little newer than `now`, which was read before them."""
    return max(now - moment, timedelta(0))
