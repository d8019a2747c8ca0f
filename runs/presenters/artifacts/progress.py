"""How far the work is that a part of an artifact stands for: read from the steps with its key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from runs.states import StepStatus

WAITING, LIVE, DONE, FAILED = "waiting", "live", "done", "failed"
BAD = frozenset({StepStatus.FAILED, StepStatus.CANCELLED, StepStatus.IN_DOUBT})


class Work(Protocol):
    """A row of the list of steps."""

    key: str
    status: str
    is_tool: bool
    cost_usd: Decimal
    preview: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of one part, what its steps cost and took, and what they said."""

    state: str = WAITING
    cost_usd: Decimal = Decimal(0)
    free: bool = False
    said: str = ""
    duration_ms: int = 0


class Steps:
    """The steps of a run, by the parts of keys that artifacts name."""

    def __init__(self, rows: Iterable[Work]) -> None:
        self._of: Mapping[str, list[Work]] = _by_prefix(rows)

    def progress(self, key: str) -> Progress:
        """How far the steps are whose key is this or begins with it."""
        rows = self._of.get(key, [])
        if not rows:
            return Progress()
        return Progress(
            state=_state(rows),
            cost_usd=sum((row.cost_usd for row in rows), Decimal(0)),
            free=all(row.is_tool for row in rows),
            said=rows[-1].preview,
            duration_ms=sum(row.duration_ms for row in rows),
        )


def _by_prefix(rows: Iterable[Work]) -> dict[str, list[Work]]:
    found: dict[str, list[Work]] = {}
    for row in rows:
        words = row.key.split("/")
        for end in range(1, len(words) + 1):
            found.setdefault("/".join(words[:end]), []).append(row)
    return found


def _state(rows: list[Work]) -> str:
    statuses = {row.status for row in rows}
    if StepStatus.STARTED in statuses:
        return LIVE
    return FAILED if rows[-1].status in BAD else DONE
