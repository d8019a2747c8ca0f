"""The Usage page's figures: totals, tables and chart, all made from the rows of one report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from billing.money import fraction_digits
from runs.usage.selectors import UsageRow

SERIES = 4  # a colour each; what is left shares the fifth
OTHERS = SERIES + 1
GROUPS = ("day", "model", "pattern")  # what a report for this page is grouped by


@dataclass(slots=True)
class Sums:
    """What was bought, in dollars, calls and tokens. `colour` is its number in charts.

    A submitted run is in `runs`; a charged one in `charged_runs`, where its first call is.
    """

    name: str
    colour: int = OTHERS
    amount: Decimal = Decimal(0)
    runs: int = 0
    charged_runs: int = 0
    calls: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    saved: Decimal = Decimal(0)
    saved_by_routing: Decimal = Decimal(0)

    def add(self, row: UsageRow) -> None:
        """Count one row in."""
        self.amount += row.cost_usd
        self.runs += row.runs
        self.charged_runs += row.charged_runs
        self.calls += row.llm_calls
        self.input_tokens += row.input_tokens
        self.cached_input_tokens += row.cached_input_tokens
        self.output_tokens += row.output_tokens
        self.saved += row.saved_usd
        self.saved_by_routing += row.routing_saved_usd

    @property
    def charged(self) -> bool:
        """True when something was bought."""
        return bool(self.calls or self.amount)

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def average(self) -> Decimal | None:
        """Dollars per call."""
        return self.amount / self.calls if self.calls else None


@dataclass(frozen=True, slots=True)
class Usage:
    """A range's sums; the groups add up to the total because all come from the same rows."""

    total: Sums
    by_model: Sequence[Sums]
    by_pattern: Sequence[Sums]
    by_day: dict[date, dict[str, Decimal]] = field(default_factory=dict)

    @property
    def digits(self) -> int:
        """The digits to which the amounts of both tables are padded."""
        groups = (*self.by_model, *self.by_pattern)
        return max((fraction_digits(group.amount) for group in groups), default=4)

    @property
    def series(self) -> list[Sums]:
        """The chart's series: the dearest models, then the sum of the others."""
        charged = [group for group in self.by_model if group.charged]
        if len(charged) <= OTHERS:
            return charged
        others = charged[SERIES:]
        amount = sum((group.amount for group in others), Decimal(0))
        return [*charged[:SERIES], Sums(f"{len(others)} others", amount=amount)]

    def stacked(self, days: Iterable[date]) -> list[tuple[date, list[Decimal], Decimal]]:
        """For each day: the amounts in the order of `series`, and their sum."""
        shown = [group.name for group in self.series]
        rows = []
        for day in days:
            amounts = [Decimal(0)] * len(shown)
            for model, amount in self.by_day.get(day, {}).items():
                amounts[shown.index(model) if model in shown else len(shown) - 1] += amount
            rows.append((day, amounts, sum(amounts, Decimal(0))))
        return rows


def usage_of(rows: Iterable[UsageRow], *, first_models: Sequence[str]) -> Usage:
    """The sums of a report by `GROUPS`; `first_models` keep their colours in every range."""
    total = Sums("Total")
    models: dict[str, Sums] = {}
    patterns: dict[str, Sums] = {}
    by_day: dict[date, dict[str, Decimal]] = {}
    for row in rows:
        day, model, pattern = (row.groups[name] for name in GROUPS)
        total.add(row)
        models.setdefault(model, Sums(model)).add(row)
        patterns.setdefault(pattern, Sums(pattern)).add(row)
        if row.cost_usd:
            amounts = by_day.setdefault(day, {})
            amounts[model] = amounts.get(model, Decimal(0)) + row.cost_usd
    by_model = _dearest_first(models)
    _paint([group for group in by_model if group.charged][:SERIES], first_models[:SERIES])
    return Usage(total, by_model, _dearest_first(patterns), by_day)


def _dearest_first(groups: dict[str, Sums]) -> list[Sums]:
    return sorted(groups.values(), key=lambda group: (-group.amount, group.name))


def _paint(groups: Iterable[Sums], first_models: Sequence[str]) -> None:
    """Give each model its colour: the first models their own, the late ones what is free."""
    kept = {model: colour for colour, model in enumerate(first_models, 1)}
    free = list(range(SERIES, 0, -1))
    late = []
    for group in groups:
        if group.name in kept:
            group.colour = kept[group.name]
            free.remove(group.colour)
        else:
            late.append(group)
    for group in late:
        group.colour = free.pop()


def chart(found: Usage, days: Iterable[date]) -> dict[str, Any]:
    """The chart's numbers. Floats: they become pixels, the table beside it is exact."""
    rows = found.stacked(days)
    return {
        "labels": [day.isoformat() for day, _, _ in rows],
        "series": [
            {
                "name": group.name,
                "colour": group.colour,
                "values": [float(amounts[index]) for _, amounts, _ in rows],
            }
            for index, group in enumerate(found.series)
        ],
    }
