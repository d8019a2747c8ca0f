"""A long list of steps, with the steps of each round under one line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from runs.engine.registry import step_of
from runs.presenters.steps import Gap, StepRow
from runs.states import StepStatus
from runs.step_names import step_name

# So many steps stand one by one.
MOST_ROWS = 60
# A turn of ReAct, a trial of Reflexion, an iteration of LATS.
TURN = re.compile(r"[ti](\d+)")


@dataclass(frozen=True, slots=True)
class Round:
    """Steps of one turn, or of one kind, that follow each other."""

    name: str
    rows: Sequence[StepRow]

    is_gap = False
    is_round = True

    @property
    def key(self) -> str:
        """What it is known by when the page is refreshed."""
        return f"round {self.rows[0].key}"

    @property
    def cost_usd(self) -> Decimal:
        """What its steps cost."""
        return sum((row.cost_usd for row in self.rows), Decimal(0))

    @property
    def held_usd(self) -> Decimal:
        """What its calls in flight hold."""
        return sum((row.held_usd for row in self.rows), Decimal(0))

    @property
    def open(self) -> bool:
        """True where a step is in flight, failed, or waits for a word."""
        return any(
            row.live or row.status in (StepStatus.FAILED, StepStatus.ASKED) for row in self.rows
        )


def in_rounds(timeline: Sequence[StepRow | Gap]) -> list[StepRow | Gap | Round]:
    """The timeline; of more than 60 steps, those of one round together between the notices."""
    if sum(not item.is_gap for item in timeline) <= MOST_ROWS:
        return list(timeline)
    found: list[StepRow | Gap | Round] = []
    for place, items in groupby(timeline, _place):
        together = list(items)
        found += [_round(place, together)] if place else together
    return found


def _place(item: StepRow | Gap) -> str:
    """The turn or the kind of a step; empty of a notice."""
    if isinstance(item, Gap):
        return ""
    return (item.key.split("/", 2)[1:] or [item.key])[0]


def _round(place: str, items: Sequence[StepRow | Gap]) -> StepRow | Round:
    rows = [item for item in items if isinstance(item, StepRow)]
    if len(rows) == 1:
        return rows[0]
    turn = TURN.fullmatch(place)
    declared = step_of(rows[0].key)
    kind = declared.label if declared else step_name(f"{rows[0].key.partition('/')[0]}/{place}")
    return Round(f"Round {turn[1]}" if turn else kind, rows)
