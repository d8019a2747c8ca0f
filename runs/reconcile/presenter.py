"""A comparison in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.models import ReconciledBucket, Reconciliation
from runs.reconcile.counts import Counts, Kind
from web.wording import dollars


@dataclass(frozen=True, slots=True)
class Words:
    """A kind of difference: its name, what it means, and the class of its badge."""

    label: str
    meaning: str
    badge: str = "tag"


KINDS: dict[str, Words] = {
    Kind.BOUNDARY: Words("Boundary", "The provider counted the call one bucket earlier or later."),
    Kind.IN_DOUBT: Words(
        "In doubt", "Calls charged at their most, since no answer was known.", "tag tag-warn"
    ),
    Kind.ESTIMATED: Words("Estimated", "Calls whose usage we counted: a stream that was cut."),
    Kind.FAILED: Words("Failed", "Attempts that failed and cost nothing here, yet were counted."),
    Kind.ROUNDING: Words("Rounding", "Less than half a cent a line of the bill."),
    Kind.NOT_OURS: Words("Not ours", "Another key, a tier or a model that this site never calls."),
    Kind.TOO_RECENT: Words("Too recent", "The provider’s figures may not be complete yet."),
    Kind.UNEXPLAINED: Words("Unexplained", "No cause is known.", "tag tag-bad"),
}
COLUMNS = (
    ("requests", "Requests"),
    ("fresh_input", "Fresh"),
    ("cached_input", "Cached"),
    ("cache_write", "Written"),
    ("output", "Output"),
)
Cell = tuple[str, int]


def _cells(counts: Counts) -> list[Cell]:
    return [(label, getattr(counts, name)) for name, label in COLUMNS]


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences of one kind: the provider's side less ours."""

    kind: str
    label: str
    meaning: str
    badge: str
    rows: int
    counts: Counts
    usd: Decimal

    @property
    def cells(self) -> list[Cell]:
        """Its counts by their labels."""
        return _cells(self.counts)

    @property
    def signed(self) -> str:
        """Its dollars."""
        return signed_usd(self.usd)


@dataclass(frozen=True, slots=True)
class Totals:
    """One side of all that was compared."""

    counts: Counts

    @property
    def cells(self) -> list[Cell]:
        """Its counts by their labels."""
        return _cells(self.counts)

    def __str__(self) -> str:
        counts = self.counts
        return (
            f"{counts.requests:,} requests, {counts.fresh_input:,} fresh, "
            f"{counts.cached_input:,} cached, {counts.cache_write:,} written, "
            f"{counts.output:,} output"
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What people read of a comparison."""

    provider: Totals
    ledger: Totals
    differences: tuple[Difference, ...]


def shown(one: Reconciliation) -> Shown:
    """A comparison that has ended."""
    return Shown(
        Totals(Counts(**one.provider_totals)),
        Totals(Counts(**one.ledger_totals)),
        tuple(_difference(**kept) for kept in one.differences),
    )


def _difference(*, kind: str, rows: int, usd: str, **counts: Any) -> Difference:
    words = KINDS[kind]
    return Difference(
        kind, words.label, words.meaning, words.badge, rows, Counts(**counts), Decimal(usd)
    )


def signed_usd(amount: Decimal | None) -> str:
    """Exact dollars with their sign; a dash where there is no price."""
    if amount is None:
        return "—"
    sign = "−" if amount < 0 else "+" if amount else ""
    return f"{sign}{dollars(abs(amount))}"


@dataclass(frozen=True, slots=True)
class BucketRow:
    """One row of the table, both sides and why they differ."""

    bucket: ReconciledBucket
    words: Words | None
    sides: tuple[tuple[str, int, int], ...]

    @property
    def signed(self) -> str:
        """What it differs by; empty where it doesn't."""
        return signed_usd(self.bucket.usd) if self.bucket.kind else ""


def bucket_rows(buckets: Iterable[ReconciledBucket]) -> list[BucketRow]:
    """With the counts of both sides beside each other."""
    return [
        BucketRow(
            bucket,
            KINDS[bucket.kind] if bucket.kind else None,
            tuple((label, bucket.provider[name], bucket.ledger[name]) for name, label in COLUMNS),
        )
        for bucket in buckets
    ]
