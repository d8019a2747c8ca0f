"""One short transaction of deletion by age, and how much there is to do."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from runs.models import RetentionMark
from runs.retention.kinds import OfRows, OfRuns, days_of

RUNS_AT_A_TIME = 100
ROWS_AT_A_TIME = 2000
OLDER = "now() - make_interval(days => %(days)s)"
# Before all of them, where nothing of a kind was deleted yet.
BEGINNING = ("-infinity", UUID(int=0))
# Behind the place of the last batch. Rows are locked in this order, each after its run.
NEXT_RUNS = f"""
    SELECT id, finished_at FROM runs_run
    WHERE finished_at IS NOT NULL AND finished_at < {OLDER}
        AND (finished_at, id) > (%(ended_at)s::timestamptz, %(run_id)s::uuid)
    ORDER BY finished_at, id LIMIT %(limit)s
    FOR UPDATE
"""  # noqa: S608 - our own words
MARK = """
    INSERT INTO runs_retentionmark (kind, ended_at, run_id, rows)
    VALUES (%(kind)s, %(ended_at)s, %(run_id)s, %(rows)s)
    ON CONFLICT (kind) DO UPDATE SET
        ended_at = excluded.ended_at, run_id = excluded.run_id, changed_at = now(),
        rows = runs_retentionmark.rows + excluded.rows
"""
DUE = f"""
    SELECT count(*), coalesce({{count}}, 0) FROM runs_run r
    WHERE finished_at IS NOT NULL AND finished_at < {OLDER}
        AND (finished_at, id) > (%(ended_at)s::timestamptz, %(run_id)s::uuid)
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction deleted of a kind; it was the last one where `more` is false."""

    kind: str
    runs: int
    rows: int
    more: bool


@transaction.atomic
def delete_of_runs(kind: OfRuns, *, limit: int = RUNS_AT_A_TIME) -> Batch:
    """Delete the kind from the next runs that ended long enough ago, and mark the place.

    Locks these runs' rows. A run that goes on has no end, and so is never among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEXT_RUNS, {**_place(kind), "limit": limit})
        found = cursor.fetchall()
        if not found:
            return Batch(kind.key, 0, 0, more=False)
        rows = kind.delete([run_id for run_id, _ in found])
        last_id, last_end = found[-1]
        cursor.execute(
            MARK, {"kind": kind.key, "ended_at": last_end, "run_id": last_id, "rows": rows}
        )
    return Batch(kind.key, len(found), rows, more=len(found) == limit)


@transaction.atomic
def delete_rows(kind: OfRows, *, limit: int = ROWS_AT_A_TIME) -> Batch:
    """Delete the oldest rows of the kind that are old enough, with what hangs on them."""
    counts = [_delete_some(old, limit) for old in kind.older(_age(kind))]
    return Batch(kind.key, 0, sum(counts), more=limit in counts)


def _delete_some(old: QuerySet[Any], limit: int) -> int:
    pks = list(old.values_list("pk", flat=True)[:limit])
    old.model._base_manager.filter(pk__in=pks).delete()
    return len(pks)


def due_of_runs(kind: OfRuns) -> Batch:
    """How much of the kind is old enough. Deletes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(DUE.format(count=kind.count), _place(kind))
        runs, rows = cursor.fetchone() or (0, 0)
    return Batch(kind.key, runs, int(rows), more=False)


def due_of_rows(kind: OfRows) -> Batch:
    """How many rows of the kind are old enough. Deletes nothing."""
    rows = sum(old.count() for old in kind.older(_age(kind)))
    return Batch(kind.key, 0, rows, more=False)


def _age(kind: OfRows) -> timedelta:
    return timedelta(days=days_of(kind.key))


def _place(kind: OfRuns) -> dict[str, Any]:
    """Where the next batch begins, and how old a run must be, as the statements take them."""
    marks = RetentionMark.objects.filter(kind=kind.key).values_list("ended_at", "run_id")
    ended_at, run_id = marks.first() or BEGINNING
    return {"ended_at": ended_at, "run_id": run_id, "days": days_of(kind.key)}
