"""The Usage page's chart, its comparisons and its parts by API token."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from billing.bill import BUCKETS
from billing.selectors.between import Lines
from runs.catalogue.presenter import pattern_label
from runs.presenters.colours import OTHERS, SERIES
from runs.usage.sums import Days, Sums, Usage

STACKS = {"model": "Model", "pattern": "Pattern", "bucket": "Token bucket"}
BUCKET_COLOURS = {
    "fresh_input": "1", "cached_input": "1b", "cache_write": "4", "output": "2", "reasoning": "3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of the chart; `filter` is the parameter of the run list that it stands for."""

    name: str
    label: str
    colour: str
    amount: Decimal
    filter: str = ""


class DayRow(NamedTuple):
    """A day, the amounts in the order of the series, and their sum."""

    day: date
    amounts: list[Decimal]
    total: Decimal


@dataclass(frozen=True, slots=True)
class Stack:
    """Spend a day in series."""

    by: str
    series: Sequence[Series]
    rows: Sequence[DayRow]

    @property
    def highest(self) -> DayRow | None:
        """The dearest day."""
        return max(self.rows, key=lambda row: row.total, default=None)

    def until(self, today: date) -> list[DayRow]:
        """Its days without those to come."""
        return [row for row in self.rows if row.day <= today]


def stack_of(found: Usage, lines: Sequence[Lines], days: Sequence[date], *, by: str) -> Stack:
    """The chart's numbers: the dearest groups in a series each, then the sum of the others."""
    if by == "bucket":
        series, by_day = _buckets(lines)
    elif by == "pattern":
        series = [
            _series(group, pattern_label(group.name), by)
            for group in found.by_pattern
            if group.charged
        ]
        by_day = found.patterns_by_day
    else:
        series = [_series(group, group.name, by) for group in found.by_model if group.charged]
        by_day = found.models_by_day
    return Stack(by, shown := _few(series), _rows(shown, by_day, days))


def _series(group: Sums, label: str, by: str) -> Series:
    return Series(group.name, label, str(group.colour), group.amount, by)


def _few(series: list[Series]) -> list[Series]:
    if len(series) <= OTHERS:
        return series
    others = series[SERIES:]
    amount = sum((one.amount for one in others), Decimal(0))
    return [*series[:SERIES], Series("", f"{len(others)} others", str(OTHERS), amount)]


def _rows(series: Sequence[Series], by_day: Days, days: Sequence[date]) -> list[DayRow]:
    place = {one.name: n for n, one in enumerate(series)}
    rows = []
    for n, day in enumerate(days):
        amounts = [Decimal(0)] * len(series)
        for name, amount in by_day.get(n, {}).items():
            if amount:
                amounts[place.get(name, len(series) - 1)] += amount
        rows.append(DayRow(day, amounts, sum(amounts, Decimal(0))))
    return rows


def _buckets(lines: Iterable[Lines]) -> tuple[list[Series], Days]:
    totals = dict.fromkeys(BUCKETS, Decimal(0))
    by_day: Days = {}
    for line in lines:
        amounts = by_day.setdefault(line.span, dict.fromkeys(BUCKETS, Decimal(0)))
        for name, amount in line.buckets.items():
            amounts[name] += amount
            totals[name] += amount
    series = [
        Series(name, label, BUCKET_COLOURS[name], totals[name])
        for name, label in BUCKETS.items()
        if totals[name]
    ]
    return series, by_day


def chart(stack: Stack, *, runs_url: str, to_come: dict[date, Decimal]) -> dict[str, Any]:
    """The chart's numbers. Floats: they become pixels, the table beside it is exact.

    A bar leads to the runs of its day, in the colours that the run list can filter also by that.
    """
    return {
        "labels": [row.day.isoformat() for row in stack.rows],
        "toCome": [float(to_come.get(row.day, 0)) for row in stack.rows] if to_come else [],
        "runs": runs_url,
        "series": [
            {
                "name": one.label,
                "colour": one.colour,
                "filter": {one.filter: one.name} if one.filter and one.name else {},
                "values": [float(row.amounts[n]) for row in stack.rows],
            }
            for n, one in enumerate(stack.series)
        ],
    }


def runs_query(first: date, last: date, **filters: str) -> str:
    """The address of the run list with these days and filters, without its path."""
    return urlencode({"from": first.isoformat(), "to": last.isoformat(), **filters})


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a figure differs from that of the range before; None where that had none."""

    percent: Decimal | None
    earlier: Decimal

    @property
    def rises(self) -> bool:
        """True where it is more than before."""
        return self.percent is not None and self.percent > 0

    @property
    def size(self) -> Decimal | None:
        """Without its sign."""
        return None if self.percent is None else abs(self.percent)


def change(now: Decimal, earlier: Decimal) -> Change:
    """The change of an amount in percent."""
    return Change((now - earlier) / earlier * 100 if earlier else None, earlier)


def points(now: Decimal | None, earlier: Decimal | None) -> Change | None:
    """The change of a rate in points; None where one of them is not known."""
    return None if now is None or earlier is None else Change(now - earlier, earlier)


@dataclass(slots=True)
class TokenSums:
    """What was charged through an API token; without an id, in the browser."""

    token_id: str | None
    name: str
    amount: Decimal = Decimal(0)
    calls: int = 0


def by_token(lines: Iterable[Lines]) -> list[TokenSums]:
    """The dearest first."""
    found: dict[str | None, TokenSums] = {}
    for line in lines:
        sums = found.setdefault(line.token_id, TokenSums(line.token_id, line.token))
        sums.amount += line.amount
        sums.calls += line.calls
    return sorted(found.values(), key=lambda sums: (-sums.amount, sums.name))


@dataclass(frozen=True, slots=True)
class PromptCacheSaved:
    """What providers' prompt caches saved: read more cheaply, less what writing cost more."""

    read_usd: Decimal
    write_usd: Decimal

    @property
    def saved_usd(self) -> Decimal:
        """Both together; below zero where writing cost more than reading saved."""
        return self.read_usd - self.write_usd


def prompt_cache_saved(lines: Iterable[Lines]) -> PromptCacheSaved:
    """Of all lines."""
    read = written = Decimal(0)
    for line in lines:
        read += line.read_saved_usd
        written += line.write_extra_usd
    return PromptCacheSaved(read, written)
