"""The provider's dollars by day against the ledger's: was what it counted priced as ours was?"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from billing.served import plain_name
from runs.reconcile.counts import Call, Cost, Counts, Kind, Sure
from runs.reconcile.matching import NAMED
from runs.reconcile.rows import Row
from runs.reconcile.spans import LONGEST, SLACK

# A line of a bill may be rounded to whole cents.
ROUNDING_USD = Decimal("0.005")
ZERO = Decimal(0)


@dataclass(slots=True)
class _Day:
    """One model's dollars on one day, both sides.

    `edge` is of calls that may be on the day before or after, `unsure` of those whose cost isn't
    known, at the most that was held.
    """

    billed: Decimal = ZERO
    lines: int = 0
    ledger: Decimal = ZERO
    edge: Decimal = ZERO
    unsure: Decimal = ZERO
    kinds: set[Sure] = field(default_factory=set)


def compare_costs(
    costs: Iterable[Cost],
    calls: Sequence[Call],
    keys: Collection[str],
    ours: Collection[str],
    complete_until: datetime,
) -> list[Row]:
    """One row a model and day on which the dollars differ by more than nothing."""
    days: dict[tuple[datetime, datetime, str], _Day] = {}
    rows: list[Row] = []
    for cost in costs:
        name = plain_name(cost.item.split(",")[0].strip())
        if cost.end > complete_until:
            rows.append(_row(cost.start, cost.end, cost.item, cost.amount, Kind.TOO_RECENT))
        elif name not in ours or (cost.api_key and keys and cost.api_key not in keys):
            rows.append(_row(cost.start, cost.end, cost.item, cost.amount, Kind.NOT_OURS))
        else:
            day = days.setdefault((cost.start, cost.end, name), _Day())
            day.billed += cost.amount
            day.lines += 1
    by_model = calls_by_model(sorted(calls, key=_began))
    for (start, end, name), day in days.items():
        ours_then = by_model.get(name, [])
        first = bisect_left(ours_then, start - LONGEST - SLACK, key=_began)
        last = bisect_left(ours_then, end + SLACK, key=_began)
        for call in ours_then[first:last]:
            _take(day, call, start, end)
        if difference := day.billed - day.ledger:
            rows.append(_row(start, end, name, difference, _kind(day, difference)))
    return rows


def calls_by_model(calls: Iterable[Call]) -> dict[str, list[Call]]:
    """By their models' plain names, in the order given."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[plain_name(call.model)].append(call)
    return dict(found)


def _began(call: Call) -> datetime:
    return call.began


def _take(day: _Day, call: Call, start: datetime, end: datetime) -> None:
    inside = start <= call.ended < end
    near = call.began - SLACK < end and call.ended + SLACK > start
    whole = start <= call.began - SLACK and call.ended + SLACK <= end
    if inside:
        day.ledger += call.amount
    if near and not whole:
        day.edge += call.amount
    if near and call.sure != Sure.EXACT:
        day.unsure += max(call.amount, call.most_usd)
        day.kinds.add(call.sure)


def _kind(day: _Day, difference: Decimal) -> Kind:
    off = abs(difference)
    rounding = ROUNDING_USD * day.lines
    if off <= rounding:
        return Kind.ROUNDING
    if off <= rounding + day.edge:
        return Kind.BOUNDARY
    if off <= rounding + day.edge + day.unsure:
        return next(kind for sure, kind in NAMED if sure in day.kinds)
    return Kind.UNEXPLAINED


def _row(start: datetime, end: datetime, model: str, usd: Decimal, kind: Kind) -> Row:
    return Row(start, end, model or "unnamed", Counts(), Counts(), kind, usd, about_costs=True)
