"""What is deleted by age, after the days that `settings.RETENTION_DAYS` has for each kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings

from runs.details import Detail
from runs.retention.emptying import delete_detail, forget_keys

WEBHOOKS = "webhooks"


@dataclass(frozen=True, slots=True)
class OfRuns:
    """Something of ended runs; `delete` takes it from some of them and returns how many rows."""

    key: str
    delete: Callable[[Sequence[UUID]], int]
    count: str


def days_of(kind: str) -> int:
    """After how many days the kind is deleted; 0: never."""
    days: int = settings.RETENTION_DAYS[kind]
    return days


def kinds_of_runs() -> list[OfRuns]:
    """Those kinds of which something is deleted on this site, in their order."""
    every = [
        *(OfRuns(key, _deleting(key, detail), count) for key, detail, count in DETAILS),
        OfRuns("idempotency", forget_keys, "count(r.idempotency_key)"),
    ]
    return [kind for kind in every if days_of(kind.key)]


# A kind by its setting, the detail that it is, and how many rows of it a run `r` has.
DETAILS = (
    ("steps", Detail.STEPS, "sum((SELECT count(*) FROM runs_step WHERE run_id = r.id))"),
    ("events", Detail.EVENTS, "sum((SELECT count(*) FROM runs_runevent WHERE run_id = r.id))"),
    ("answers", Detail.ANSWER, "count(r.answer)"),
    ("tasks", Detail.TASK, "count(NULLIF(r.task, ''))"),
)


def _deleting(key: str, detail: Detail) -> Callable[[Sequence[UUID]], int]:
    return partial(delete_detail, detail, days=days_of(key))
