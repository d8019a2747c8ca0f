"""How many runs a filter matches, and what they cost: exact, or said to be only a part."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import User
from runs.history.selectors import in_time, matching, tally_of
from runs.history.wanted import Wanted, midnight

# Of filters that no sum knows, so many runs are read.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Sums:
    """What the filter matches; real and simulated dollars stay apart.

    With `more` these are not all of them, and what they cost says nothing.
    """

    runs: int = 0
    simulated_runs: int = 0
    cost_usd: Decimal = Decimal(0)
    simulated_usd: Decimal = Decimal(0)
    more: bool = False

    @property
    def real_runs(self) -> int:
        """Runs that a real provider answered."""
        return self.runs - self.simulated_runs


def sums_of(user: User, wanted: Wanted) -> Sums:
    """The sums of a filter: of any number of runs, if only status, pattern, model and dates are
    asked for; else of `COUNTED` at most."""
    if wanted.tallied:
        return _added(row for part in _parts(user, wanted) for row in part)
    runs = matching(user, wanted).order_by()
    some = runs.values("pk", "simulated", "cost_usd")[: COUNTED + 1]
    found = some.aggregate(
        count=Count("pk"),
        unreal=Count("pk", filter=Q(simulated=True)),
        real_usd=Sum("cost_usd", filter=Q(simulated=False), default=Decimal(0)),
        unreal_usd=Sum("cost_usd", filter=Q(simulated=True), default=Decimal(0)),
    )
    count, unreal = min(found["count"], COUNTED), found["unreal"]
    more = found["count"] > COUNTED
    return Sums(count, unreal, found["real_usd"], found["unreal_usd"], more=more)


def _parts(user: User, wanted: Wanted) -> Iterator[QuerySet[Any, dict[str, Any]]]:
    """Three disjoint parts: ended runs of whole days, ended runs of the rest, and active runs."""
    first, after = wanted.whole_days
    whole = first is None or after is None or first < after
    if whole:
        yield _summed(tally_of(user, wanted, first=first, after=after), Sum("runs"))
    ended = matching(user, Wanted(wanted.filters)).filter(finished_at__isnull=False)
    if edges := _edges(wanted) if whole else [in_time(wanted.begin, wanted.end)]:
        yield _summed(ended.filter(_any(edges)), Count("pk"))
    yield _summed(matching(user, wanted).active(), Count("pk"))


def _edges(wanted: Wanted) -> list[Q]:
    """The times before the first whole day and after the last, where there are any."""
    first, after = wanted.whole_days
    edges = []
    if first and wanted.begin and wanted.begin < midnight(first):
        edges.append(in_time(wanted.begin, midnight(first)))
    if after and wanted.end and midnight(after) < wanted.end:
        edges.append(in_time(midnight(after), wanted.end))
    return edges


def _any(conditions: list[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


def _summed(rows: "QuerySet[Any]", count: Any) -> QuerySet[Any, dict[str, Any]]:
    by_kind: Any = rows.order_by().values("simulated")
    found: QuerySet[Any, dict[str, Any]] = by_kind.annotate(number=count, usd=Sum("cost_usd"))
    return found


def _added(rows: Iterable[dict[str, Any]]) -> Sums:
    runs, dollars = {False: 0, True: 0}, {False: Decimal(0), True: Decimal(0)}
    for row in rows:
        runs[row["simulated"]] += row["number"]
        dollars[row["simulated"]] += row["usd"]
    return Sums(sum(runs.values()), runs[True], dollars[False], dollars[True])
