"""The spans of time that an export covers, and where in them a call can have been counted."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from runs.reconcile.counts import Call
from runs.reconcile.errors import BadExport

# The provider's clock is not ours, and it writes a little longer than we listen.
SLACK = timedelta(seconds=5)
# No call takes longer, so that one which may be counted in a span began at most so long before it.
LONGEST = timedelta(hours=2)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a call can have been counted: spans from `first` to `last`, which may be none.

    `outside` says that it can also be in none of them.
    """

    first: int
    last: int
    outside: bool


class Spans:
    """Disjoint spans in order. Raises `BadExport` where some overlap."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.all = sorted(set(spans))
        self._starts = [start for start, _ in self.all]
        self._ends = [end for _, end in self.all]
        for (_, end), (start, _) in zip(self.all, self.all[1:], strict=False):
            if start < end:
                raise BadExport(f"Two of its buckets overlap at {start.isoformat()}.")

    def at(self, moment: datetime) -> int | None:
        """The span with this moment."""
        index = bisect_right(self._starts, moment) - 1
        return index if index >= 0 and moment < self._ends[index] else None

    def places(self, call: Call, *, late: timedelta = SLACK) -> Places:
        """Those that touch the time from the call's beginning to its end, or so long after it."""
        began, ended = call.began - SLACK, call.ended + late
        first = bisect_right(self._ends, began)
        last = bisect_left(self._starts, ended) - 1
        return Places(first, last, first > last or not self._covers(first, last, began, ended))

    def _covers(self, first: int, last: int, began: datetime, ended: datetime) -> bool:
        whole = all(self._ends[i] == self._starts[i + 1] for i in range(first, last))
        return whole and self._starts[first] <= began and ended <= self._ends[last]
