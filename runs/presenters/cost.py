"""The Cost card: total, parts by confidence, shares by bucket, the bill and its proofs."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from billing.bill import BUCKETS, BillLine, PromptCache, bill_lines, prompt_cache, total
from billing.models import Confidence
from billing.money import fraction_digits
from runs.selectors.journal import Books

# The classes of `app.css`: `f…` fills the bar, `d…` is the dot beside the word.
COLOURS = {
    "fresh_input": "1",
    "cached_input": "1b",
    "cache_write": "4",
    "output": "2",
    "reasoning": "3",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the bar by bucket; `x` and `width` are percent of the whole."""

    label: str
    colour: str
    x: Decimal
    width: Decimal
    whole_percent: int

    @property
    def percent(self) -> str:
        """The width in whole percent; those of all parts add up to 100."""
        return f"{self.whole_percent}%" if self.whole_percent else "<1%"


@dataclass(frozen=True, slots=True)
class Proof:
    """A comparison that the server made; `off_by` is zero when the sums are equal."""

    words: str
    off_by: Decimal


@dataclass(frozen=True, slots=True)
class CostCard:
    """Everything the card shows. Amounts are dollars."""

    total: Decimal
    lines: list[BillLine]
    segments: list[Segment]
    parts: list[tuple[Decimal, str]]
    proofs: list[Proof]
    digits: int
    charges: int
    several_models: bool
    cache: PromptCache

    @property
    def equal(self) -> bool:
        """True when every proof holds."""
        return not any(proof.off_by for proof in self.proofs)


def _segments(lines: list[BillLine], whole: Decimal) -> list[Segment]:
    widths: dict[str, Decimal] = {}
    for bucket in BUCKETS:
        amount = sum((line.amount for line in lines if line.bucket == bucket), Decimal(0))
        if amount and whole:
            widths[bucket] = (amount / whole * 100).quantize(Decimal("0.01"))
    starts = accumulate(widths.values(), initial=Decimal(0))
    return [
        Segment(BUCKETS[bucket], COLOURS[bucket], x, width, percent)
        for (bucket, width), x, percent in zip(
            widths.items(), starts, _whole_percents([*widths.values()]), strict=False
        )
    ]


def _whole_percents(widths: Sequence[Decimal]) -> list[int]:
    """Whole percents that add up to 100: what rounding down leaves goes to the largest rests."""
    whole = [int(width) for width in widths]
    by_rest = sorted(range(len(widths)), key=lambda place: whole[place] - widths[place])
    for place in by_rest[: max(0, 100 - sum(whole))]:
        whole[place] += 1
    return whole


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _proofs(books: Books, steps: int | None) -> list[Proof]:
    count = len(books.entries)
    ledger = f"the sum of {_plural(count, 'ledger line')}" if count else "the ledger: no lines"
    proofs = [Proof(ledger, books.run_usd - books.ledger_usd)]
    if count and steps is not None:
        words = f"the sum of {_plural(steps, 'step')}"
        proofs.append(Proof(words, books.run_usd - books.steps_usd))
    return proofs


def cost_card(books: Books, *, steps: int | None) -> CostCard:
    """The card of one run; `steps` is how many rows the list of steps has, None: deleted."""
    lines = bill_lines(books.entries)
    parts = [
        (total([line for line in lines if line.confidence == confidence]), confidence.label)
        for confidence in Confidence
    ]
    amounts = [books.run_usd, *(line.amount for line in lines)]
    return CostCard(
        total=books.run_usd,
        lines=lines,
        segments=_segments(lines, total(lines)),
        parts=[part for part in parts if part[0]],
        proofs=_proofs(books, steps),
        digits=max(4, *(fraction_digits(amount) for amount in amounts)),
        charges=sum(1 if entry.reverses_id is None else -1 for entry in books.entries),
        several_models=len({line.model for line in lines}) > 1,
        cache=prompt_cache(books.entries),
    )
