"""The rows of a report, and their sums by the kind of difference."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.money import UnitPrices
from billing.served import plain_name
from runs.reconcile.counts import Counts, Kind, total

ASIDE = frozenset({Kind.NOT_OURS, Kind.TOO_RECENT})


@dataclass(frozen=True, slots=True)
class Row:
    """One model in one span, both sides.

    `usd` is what the difference comes to, the provider's side less ours; of tokens at the model's
    base prices, None where it has none. A row `about_costs` compares dollars, and has no tokens.
    """

    start: datetime
    end: datetime
    model: str
    provider: Counts
    ledger: Counts
    kind: Kind | None
    usd: Decimal | None
    about_costs: bool = False

    @classmethod
    def of(
        cls,
        start: datetime,
        end: datetime,
        model: str,
        provider: Counts,
        ledger: Counts,
        kind: Kind | None,
        prices: Mapping[str, UnitPrices],
    ) -> "Row":
        """With the difference at the model's price."""
        more = provider - ledger
        unit = prices.get(plain_name(model))
        usd = None
        if unit is not None:
            usd = unit.cost(
                fresh_input=more.fresh_input,
                cached_input=more.cached_input,
                cache_write=more.cache_write,
                output=more.output,
            )
        return cls(start, end, model, provider, ledger, kind, usd)

    @property
    def aside(self) -> bool:
        """True of what isn't compared."""
        return self.kind in ASIDE


@dataclass(frozen=True, slots=True)
class Sums:
    """All differences of one kind: the provider's side less ours."""

    kind: Kind
    rows: int
    counts: Counts
    usd: Decimal


def sums_of(rows: Iterable[Row]) -> list[Sums]:
    """One a kind that there is, in the order of kinds."""
    by_kind: dict[Kind, list[Row]] = {}
    for row in rows:
        if row.kind is not None:
            by_kind.setdefault(row.kind, []).append(row)
    return [
        Sums(
            kind,
            len(by_kind[kind]),
            total(row.provider - row.ledger for row in by_kind[kind]),
            sum((row.usd for row in by_kind[kind] if row.usd is not None), Decimal(0)),
        )
        for kind in Kind
        if kind in by_kind
    ]
