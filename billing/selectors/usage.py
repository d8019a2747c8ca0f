"""One user's spend in a range of days, from the daily sums, and its check against the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from billing.models import LedgerEntry, UsageRollup, money_field
from billing.money import fraction_digits
from billing.ranges import DayRange

DEAREST = 5
# Up to so many lines are added up while a page waits; beyond, the daily audit has the word.
MOST_LINES = 10_000
# Each day's dearest are the first entries of an index: years of runs cost no more than a few.
DEAREST_RUNS = """
    SELECT r.run_id, r.pattern, r.day, r.amount
    FROM generate_series(%s::date, %s::date, interval '1 day') AS days (day)
    CROSS JOIN LATERAL (
        SELECT run_id, pattern, day, amount FROM billing_runrollup
        WHERE owner_id = %s AND simulated = %s AND day = days.day::date AND amount > 0
        ORDER BY amount DESC LIMIT %s
    ) r
    ORDER BY r.amount DESC, r.run_id DESC LIMIT %s
"""
SERIES = 4  # a colour each; what is left shares the fifth
OTHERS = SERIES + 1


@dataclass(slots=True)
class Sums:
    """What was bought, in dollars, calls and tokens. `colour` is its number in charts.

    A run counts once, where its first call does.
    """

    name: str
    colour: int = OTHERS
    amount: Decimal = Decimal(0)
    runs: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, row: UsageRollup) -> None:
        """Count one daily sum in."""
        self.amount += row.amount
        self.runs += row.runs
        self.calls += row.calls
        self.input_tokens += row.fresh_input_tokens + row.cached_input_tokens
        self.output_tokens += row.output_tokens

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
        if len(self.by_model) <= OTHERS:
            return list(self.by_model)
        others = self.by_model[SERIES:]
        amount = sum((group.amount for group in others), Decimal(0))
        return [*self.by_model[:SERIES], Sums(f"{len(others)} others", amount=amount)]

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


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The daily sums and the ledger of a range, read in one statement."""

    rolled_usd: Decimal
    booked_usd: Decimal

    @property
    def off_by(self) -> Decimal:
        """Zero when they are equal."""
        return self.rolled_usd - self.booked_usd


def _grouped(groups: dict[str, Sums]) -> list[Sums]:
    return sorted(groups.values(), key=lambda group: (-group.amount, group.name))


def usage(user: User, days: DayRange, *, simulated: bool) -> Usage:
    """The range's sums in one query."""
    rows = UsageRollup.objects.filter(
        owner=user, day__range=(days.first, days.last), simulated=simulated
    ).order_by("day")
    total = Sums("Total")
    models: dict[str, Sums] = {}
    patterns: dict[str, Sums] = {}
    by_day: dict[date, dict[str, Decimal]] = {}
    for row in rows:
        total.add(row)
        models.setdefault(row.model, Sums(row.model)).add(row)
        patterns.setdefault(row.pattern, Sums(row.pattern)).add(row)
        day = by_day.setdefault(row.day, {})
        day[row.model] = day.get(row.model, Decimal(0)) + row.amount
    by_model = _grouped(models)
    _paint(user, by_model[:SERIES])
    return Usage(total, by_model, _grouped(patterns), by_day)


def _paint(user: User, groups: Iterable[Sums]) -> None:
    """Give each model its colour: the user's first models keep theirs in every range."""
    began = UsageRollup.objects.filter(owner=user).order_by().values("model")
    known = began.annotate(first=Min("day")).order_by("first", "model")[:SERIES]
    kept = {row["model"]: colour for colour, row in enumerate(known, 1)}
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


def kinds(user: User, days: DayRange) -> set[bool]:
    """Whether the range has simulated dollars, real ones, or both: values of `simulated`."""
    rows = UsageRollup.objects.filter(owner=user, day__range=(days.first, days.last))
    return set(rows.order_by().values_list("simulated", flat=True).distinct())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _summed(rows: QuerySet[Any]) -> Coalesce:
    sums = rows.order_by().values("owner").annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(sums), Decimal(0), output_field=money_field())


def ledger_check(
    user: User, days: DayRange, found: Usage, *, simulated: bool
) -> LedgerCheck | None:
    """Add up the daily sums and the ledger over the range, at the same moment.

    None where the ledger has more than `MOST_LINES` lines in it.
    """
    if found.total.calls > MOST_LINES:
        return None
    rolled = UsageRollup.objects.filter(
        owner=OuterRef("pk"), day__range=(days.first, days.last), simulated=simulated
    )
    # The day of a charge is the day of its hold, in UTC.
    booked = LedgerEntry.objects.filter(
        owner=OuterRef("pk"),
        held_at__gte=_midnight(days.first),
        held_at__lt=_midnight(days.last + timedelta(days=1)),
        simulated=simulated,
    )
    row = (
        User.objects.filter(pk=user.pk)
        .annotate(rolled=_summed(rolled), booked=_summed(booked))
        .values("rolled", "booked")
        .get()
    )
    return LedgerCheck(row["rolled"], row["booked"])


@dataclass(frozen=True, slots=True)
class RunCost:
    """What one run has cost. `task` is empty when the run was deleted."""

    run_id: UUID
    task: str
    pattern: str
    day: date
    amount: Decimal


def dearest_runs(user: User, days: DayRange, *, simulated: bool) -> list[RunCost]:
    """The dearest of the runs whose first charge is in the range; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(DEAREST_RUNS, [days.first, days.last, user.pk, simulated, DEAREST, DEAREST])
        rows = cursor.fetchall()
    tasks = dict(user.runs.filter(pk__in=[row[0] for row in rows]).values_list("pk", "task"))
    return [
        RunCost(run_id, tasks.get(run_id, ""), pattern, day, amount)
        for run_id, pattern, day, amount in rows
    ]
