"""The bill of one run: its ledger by model, bucket, price and confidence, to the last digit."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.models import Confidence, LedgerEntry

MILLIONTH = Decimal("0.000001")
BUCKETS = {
    "fresh_input": "Fresh input",
    "cached_input": "Cached input",
    "cache_write": "Cache writes",
    "output": "Output",
    "reasoning": "Reasoning",
}
_ORDER = (list(Confidence.values), list(BUCKETS))


@dataclass(frozen=True, slots=True)
class BillLine:
    """Quantity x unit price = amount. Prices are dollars per million tokens."""

    model: str
    bucket: str
    confidence: str
    unit_price: Decimal
    price_source: str
    quantity: int

    @property
    def label(self) -> str:
        """The bucket in words."""
        return BUCKETS[self.bucket]

    @property
    def confidence_label(self) -> str:
        """The confidence in words."""
        return str(Confidence(self.confidence).label)

    @property
    def amount(self) -> Decimal:
        """What these tokens cost, exactly."""
        return self.quantity * self.unit_price * MILLIONTH


def _buckets(entry: LedgerEntry) -> Iterable[tuple[str, int, Decimal]]:
    yield "fresh_input", entry.fresh_input_tokens, entry.input_price
    yield "cached_input", entry.cached_input_tokens, entry.cached_input_price
    yield "cache_write", entry.cache_write_tokens, entry.cache_write_price
    yield "output", entry.output_tokens - entry.reasoning_tokens, entry.output_price
    yield "reasoning", entry.reasoning_tokens, entry.output_price


def bill_lines(entries: Iterable[LedgerEntry]) -> list[BillLine]:
    """Ledger entries as bill lines; a reversed entry and its reversal cancel out."""
    quantities: defaultdict[tuple[str, str, str, Decimal, str], int] = defaultdict(int)
    for entry in entries:
        for bucket, quantity, price in _buckets(entry):
            key = (entry.model, bucket, entry.confidence, price, entry.price_source)
            quantities[key] += quantity
    lines = [BillLine(*key, quantity) for key, quantity in quantities.items() if quantity]
    confidences, buckets = _ORDER
    lines.sort(
        key=lambda line: (
            confidences.index(line.confidence),
            line.model,
            buckets.index(line.bucket),
        )
    )
    return lines


def total(lines: Sequence[BillLine]) -> Decimal:
    """The sum of the lines."""
    return sum((line.amount for line in lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class PromptCache:
    """What the provider's prompt cache did: of all input tokens, those read from it and written."""

    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int

    @property
    def prompt_cache_hit_rate(self) -> float | None:
        """The part of the input that was read from it."""
        return hit_rate(self.cached_input_tokens, self.input_tokens)


def hit_rate(cached_input_tokens: int, input_tokens: int) -> float | None:
    """Of so many input tokens, the part that came from the cache; None where there were none."""
    return round(cached_input_tokens / input_tokens, 4) if input_tokens else None


def prompt_cache(entries: Iterable[LedgerEntry]) -> PromptCache:
    """Sums over these charges, without those in doubt: nobody knows yet what they used."""
    known = [entry for entry in entries if entry.confidence != Confidence.IN_DOUBT]
    fresh = sum(entry.fresh_input_tokens for entry in known)
    read = sum(entry.cached_input_tokens for entry in known)
    written = sum(entry.cache_write_tokens for entry in known)
    return PromptCache(fresh + read + written, read, written)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One token bucket of one ledger entry; a reversal's quantities are negative."""

    entry: int
    step_key: str
    attempt: int
    model: str
    bucket: str
    quantity: int
    unit_price: Decimal
    price_source: str
    confidence: str
    reverses: int | None
    simulated: bool
    charged_at: datetime

    @property
    def confidence_label(self) -> str:
        """The confidence in words."""
        return str(Confidence(self.confidence).label)

    @property
    def amount(self) -> Decimal:
        """What these tokens cost, exactly."""
        return self.quantity * self.unit_price * MILLIONTH


def ledger_lines(entries: Iterable[LedgerEntry]) -> list[LedgerLine]:
    """Every charge and reversal as it was written, bucket by bucket; empty buckets left out."""
    return [
        LedgerLine(
            entry=entry.pk,
            step_key=entry.step_key,
            attempt=entry.attempt,
            model=entry.model,
            bucket=bucket,
            quantity=quantity,
            unit_price=price,
            price_source=entry.price_source,
            confidence=entry.confidence,
            reverses=entry.reverses_id,
            simulated=entry.simulated,
            charged_at=entry.charged_at,
        )
        for entry in entries
        for bucket, quantity, price in _buckets(entry)
        if quantity
    ]
