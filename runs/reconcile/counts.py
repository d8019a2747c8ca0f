"""What is compared: the provider's rows, our calls, and the tokens of both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from operator import add, sub

from runs.reconcile.errors import BadExport


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests, and their tokens in disjoint buckets. A difference may be negative."""

    requests: int = 0
    fresh_input: int = 0
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*map(add, self.numbers, other.numbers))

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(*map(sub, self.numbers, other.numbers))

    def __bool__(self) -> bool:
        return any(self.numbers)

    @property
    def numbers(self) -> tuple[int, ...]:
        """All of them, in order."""
        return (
            self.requests,
            self.fresh_input,
            self.cached_input,
            self.cache_write,
            self.output,
        )

    @property
    def input(self) -> int:
        """All tokens that were sent."""
        return self.fresh_input + self.cached_input + self.cache_write

    @property
    def negative(self) -> bool:
        """True where something is below zero."""
        return min(self.numbers) < 0


def total(counts: Iterable[Counts]) -> Counts:
    """Their sum."""
    return sum(counts, Counts())


@dataclass(frozen=True, slots=True)
class Reported:
    """One row of the provider's usage: a model's tokens between two moments.

    An empty `model` is a bucket without usage: it says that nothing was used. `api_key` and `tier`
    are empty where the rows aren't grouped by them. `group` is what else the rows are grouped by.
    """

    start: datetime
    end: datetime
    model: str
    counts: Counts
    api_key: str = ""
    tier: str = ""
    group: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """One row of the provider's costs; `item` names what was paid, such as a model's input."""

    start: datetime
    end: datetime
    item: str
    amount: Decimal
    api_key: str = ""
    group: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """A provider's figures for a span of time, of whichever source."""

    usage: tuple[Reported, ...] = ()
    costs: tuple[Cost, ...] = ()

    def __add__(self, other: "Export") -> "Export":
        return Export(self.usage + other.usage, self.costs + other.costs)

    @property
    def used(self) -> tuple[Reported, ...]:
        """Its rows that count something."""
        return tuple(row for row in self.usage if row.counts)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From its first bucket to the end of its last. Raises `BadExport` where it has none."""
        spans = [(row.start, row.end) for row in self.usage]
        spans += [(cost.start, cost.end) for cost in self.costs]
        if not spans:
            raise BadExport("It holds no usage and no costs.")
        return min(start for start, _ in spans), max(end for _, end in spans)


class Sure(StrEnum):
    """How sure we are of what a call used."""

    EXACT = "exact"
    ESTIMATED = "estimated"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt of a call that was sent, with what the ledger has of it.

    `counts` and `amount` are those of its line that stands; a failed attempt has none. `most` and
    `most_usd` are what was held. `open_line` is the line that exact usage may replace.
    """

    hold: int
    model: str
    began: datetime
    ended: datetime
    sure: Sure
    counts: Counts
    amount: Decimal
    most: Counts
    most_usd: Decimal = Decimal(0)
    open_line: int | None = None


class Kind(StrEnum):
    """Why the provider's figures and the ledger's differ."""

    BOUNDARY = "boundary"
    IN_DOUBT = "in_doubt"
    ESTIMATED = "estimated"
    FAILED = "failed"
    ROUNDING = "rounding"
    NOT_OURS = "not_ours"
    TOO_RECENT = "too_recent"
    UNEXPLAINED = "unexplained"
