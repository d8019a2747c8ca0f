"""Runs come to workers, and from those that died back to the queue."""

from collections.abc import Sequence
from uuid import UUID

from billing.statements import Row, Statement, rows_of
from runs.functions.answers import Claimed, Executing, Swept, events_of


def claim(*, worker_id: UUID, limit: int, user_cap: int) -> Statement[list[Claimed]]:
    """Give queued runs to a worker, at most `limit`; `user_cap` is how many a user may execute."""
    return rows_of(
        "runs",
        "claim",
        worker_id,
        limit,
        user_cap,
        read=lambda rows: [
            Claimed(run_id, epoch, suspect, events_of(events))
            for run_id, epoch, suspect, events in rows
        ],
    )


def executing(*, worker_id: UUID) -> Statement[dict[UUID, Executing]]:
    """The runs that a worker executes."""
    return rows_of(
        "runs",
        "executing",
        worker_id,
        read=lambda rows: {run_id: Executing(*known) for run_id, *known in rows},
    )


def sweep() -> Statement[Swept | None]:
    """Deal with one run of a dead worker or one that can't start; None when none is left."""
    return rows_of("runs", "sweep", read=_swept)


def _swept(rows: Sequence[Row]) -> Swept | None:
    return Swept(rows[0][0], events_of(rows[0][1])) if rows else None
