"""Deletion by age, batch after batch: one pass at a time for the site, which can stop anywhere."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from runs.alone import Work, alone
from runs.retention.batches import (
    Batch,
    delete_of_runs,
    delete_rows,
    due_of_rows,
    due_of_runs,
)
from runs.retention.kinds import kinds_of_rows, kinds_of_runs

# After each batch it rests for so many times as long as the batch took: most of the disk, and of
# vacuum's time, is others'.
REST = 5.0
LONGEST_REST_S = 5.0

Told = Callable[[Batch], None]


def delete_old(*, seconds: float | None = None, told: Told = lambda _: None) -> bool | None:
    """Delete all that is old enough, or what `seconds` are enough for; `told` hears of each batch.

    True where nothing is left to do, False where the time was up, None where another pass is under
    way. Every batch is a transaction of its own: whatever ends a pass, the next goes on there.
    """
    with alone(Work.DELETING) as mine:
        if not mine:
            return None
        ends = None if seconds is None else time.monotonic() + seconds
        return all(_all_of(step, ends, told) for step in _steps())


def due() -> list[Batch]:
    """How much there is to delete now, by kind. Deletes nothing."""
    return [
        *(due_of_runs(kind) for kind in kinds_of_runs()),
        *(due_of_rows(kind) for kind in kinds_of_rows()),
    ]


def _steps() -> Iterator[Callable[[], Batch]]:
    for kind in kinds_of_runs():
        yield partial(delete_of_runs, kind)
    for rows in kinds_of_rows():
        yield partial(delete_rows, rows)


def _all_of(step: Callable[[], Batch], ends: float | None, told: Told) -> bool:
    """Batches of one kind up to its end; False where the time is up before."""
    more = True
    while more:
        if ends is not None and time.monotonic() >= ends:
            return False
        began = time.monotonic()
        batch = step()
        more = batch.more
        told(batch)
        if more:
            time.sleep(min(REST * (time.monotonic() - began), LONGEST_REST_S))
    return True
