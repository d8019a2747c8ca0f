"""What a run would cost on each other model: a range, and what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.models import Confidence, LedgerEntry
from billing.money import ModelPrices
from runs.estimate.band import band_of
from runs.presenters.reasons import standing
from runs.selectors.journal import Books
from runs.selectors.other_models import OtherModels, Ratio

# So many forks and reruns between two models say more than our own guess: that tokenizers make a
# fifth fewer to a quarter more tokens of a text, and that answers are half to twice as long.
MIN_SEEN = 3
FEWEST = Ratio(Decimal("0.8"), Decimal("0.5"))
MOST = Ratio(Decimal("1.25"), Decimal(2))


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same calls on another model at today's prices, in US dollars; `seen` are the pairs."""

    model: str
    low_usd: Decimal
    high_usd: Decimal
    seen: int

    @property
    def basis(self) -> str:
        """What the range rests on."""
        return f"from {self.seen} forks and reruns" if self.seen else "no such runs yet"


def elsewhere(books: Books, found: OtherModels) -> list[Elsewhere]:
    """The other models, the cheapest first; none where no call is known to the token."""
    known = [e for e in standing(books.entries) if e.confidence != Confidence.IN_DOUBT]
    if not known:
        return []
    seen = found.seen
    rows = [_row(known, prices, seen.get(model, ())) for model, prices in found.prices.items()]
    return sorted(rows, key=lambda row: (row.low_usd + row.high_usd, row.model))


def _row(known: Sequence[LedgerEntry], prices: ModelPrices, seen: Sequence[Ratio]) -> Elsewhere:
    if len(seen) < MIN_SEEN:
        low = _cost(known, prices, FEWEST)
        high = max(_cost(known, prices, MOST), _cost(known, prices, MOST, uncached=True))
        return Elsewhere(prices.model, low, high, 0)
    band = band_of(sorted(_cost(known, prices, ratio) for ratio in seen))
    return Elsewhere(prices.model, band.low, band.high, len(seen))


def _cost(
    known: Sequence[LedgerEntry], prices: ModelPrices, ratio: Ratio, *, uncached: bool = False
) -> Decimal:
    """These calls with so many times the tokens, each at the price of its length."""
    total = Decimal(0)
    for entry in known:
        fresh, cached, written = (
            round(tokens * ratio.input)
            for tokens in (
                entry.fresh_input_tokens,
                entry.cached_input_tokens,
                entry.cache_write_tokens,
            )
        )
        if uncached:
            fresh, cached = fresh + cached, 0
        total += prices.at(fresh + cached + written).cost(
            fresh_input=fresh,
            cached_input=cached,
            cache_write=written,
            output=round(entry.output_tokens * ratio.output),
        )
    return total
