"""The usage report, which the page and the API share, and the dearest runs beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    F,
    Func,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, NullIf, TruncDate

from accounts.models import User
from billing.bill import hit_rate
from billing.selectors import spend
from billing.selectors.charged_runs import RunCharge
from runs.models import OwnerTally, Run
from runs.models.run import RunQuerySet
from runs.usage.forecast import LEAST_WEEKS, MOST_WEEKS, Band, days_to_come, month_end
from runs.usage.ranges import month_of

DEAREST = 5
NO_TAGS = Value([], JSONField())


def _of_run(label: str, empty: Any) -> Any:
    """A label of a line's run; empty where the run was deleted."""
    found = Run.objects.filter(pk=OuterRef("run_id")).values(label)
    return Coalesce(Subquery(found), empty)


def _each(tags: Any) -> Any:
    """Each of a list of tags, a row each; empty where there is none."""
    named = Coalesce(NullIf(tags, NO_TAGS), Value([""], JSONField()))
    return Func(named, function="jsonb_array_elements_text", output_field=TextField())


SOURCES: dict[str, Any] = {
    "day": TruncDate("created_at", tzinfo=UTC),
    "model": F("chosen_model"),
    "pattern": F("pattern"),
    "user": F("owner__email"),
    "session_id": F("session_id"),
    "customer": F("customer"),
    "tag": _each(F("tags")),
}
# Columns of the sums of ended runs that have another name.
TALLIED = {"model": "chosen_model", "user": "owner__email"}
RUN_SUMS = ("runs", "saved_usd", "routing_saved_usd")
# Labels of runs. Daily sums don't know them, so the ledger's lines are read.
LABELS = ("session_id", "customer", "tag")
OF_LINES: dict[str, Any] = {
    "day": TruncDate("held_at", tzinfo=UTC),
    "model": F("model"),
    "pattern": F("pattern"),
    "user": F("owner__email"),
    "session_id": _of_run("session_id", Value("")),
    "customer": _of_run("customer", Value("")),
    "tag": _each(_of_run("tags", NO_TAGS)),
}


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Sums of one group, by the names that were asked for.

    `runs` were submitted, on the day of the submit and for the model that was chosen. All else
    was charged, on the day on which its money was held and for the model that was called; a run
    is in `charged_runs` once, where its first charge is.
    """

    groups: dict[str, Any]
    simulated: bool
    cost_usd: Decimal = Decimal(0)
    saved_usd: Decimal = Decimal(0)
    routing_saved_usd: Decimal = Decimal(0)
    runs: int = 0
    charged_runs: int = 0
    llm_calls: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def prompt_cache_hit_rate(self) -> float | None:
        """The part of the input that came from providers' prompt caches."""
        return hit_rate(self.cached_input_tokens, self.input_tokens)


def usage_report(
    groups: Sequence[str], *, first: date, last: date, owner: User | None
) -> list[UsageRow]:
    """One row per combination of groups, in their order; three queries.

    Read it in one snapshot: a run that ends between two of them would be in neither. Real and
    simulated dollars have rows of their own. Without an owner, the whole site's. By tag, a run is
    in the row of each of its tags.
    """
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    parts = (
        _spend_by(groups, first=first, last=last, owner=owner),
        _runs_by(groups, first=first, last=last, owner=owner),
    )
    for part in parts:
        for found in part:
            names = {group: found.pop(f"by_{group}") for group in groups}
            key = (*names.values(), found["simulated"])
            merged.setdefault(key, {"groups": names}).update(found)
    return [UsageRow(**merged[key]) for key in sorted(merged)]


def _spend_by(
    groups: Sequence[str], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    if not set(groups) & set(LABELS):
        return spend.spend_by(groups, first=first, last=last, owner=owner)
    keys = {group: OF_LINES[group] for group in groups}
    return spend.spend_of_lines(keys, first=first, last=last, owner=owner)


def _runs_by(
    groups: Sequence[str], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    if set(groups) & set(LABELS):
        return _counted(groups, _submitted(owner, first=first, last=last))
    tallies: Any = OwnerTally.objects
    whose = tallies.all() if owner is None else tallies.visible_to(owner)
    ended = whose.filter(day__gte=first, day__lte=last)
    active = _submitted(owner, first=first, last=last).active()
    return _added(groups, _tallied(groups, ended), _counted(groups, active))


def _submitted(owner: User | None, *, first: date, last: date) -> RunQuerySet:
    begin = datetime.combine(first, time.min, UTC)
    end = datetime.combine(last, time.min, UTC) + timedelta(days=1)
    runs: Any = Run.objects.all() if owner is None else Run.objects.visible_to(owner)
    submitted: RunQuerySet = runs.filter(created_at__gte=begin, created_at__lt=end)
    return submitted


def _counted(groups: Sequence[str], runs: RunQuerySet) -> list[dict[str, Any]]:
    """Of the runs themselves, one by one."""
    keys = {f"by_{group}": SOURCES[group] for group in groups}
    sums = (
        runs.order_by()
        .values("simulated", **keys)
        .annotate(
            runs=Count("*"),
            saved_usd=Sum("saved_usd"),
            routing_saved_usd=Sum("routing_saved_usd", default=Decimal(0)),
        )
    )
    return [dict(row) for row in sums]


def _tallied(groups: Sequence[str], tally: QuerySet[OwnerTally]) -> list[dict[str, Any]]:
    """Of the sums of ended runs, which are few rows however many runs there are."""
    keys = {f"by_{group}": F(TALLIED.get(group, group)) for group in groups}
    rows: Any = tally.order_by().values("simulated", **keys)
    sums = rows.annotate(**{name: Sum(name) for name in RUN_SUMS})
    return [dict(row) for row in sums if row["runs"]]


def _added(groups: Sequence[str], *parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the same groups made one."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in chain(*parts):
        key = (row["simulated"], *(row[f"by_{group}"] for group in groups))
        known = found.setdefault(key, {**row, **dict.fromkeys(RUN_SUMS, 0)})
        for name in RUN_SUMS:
            known[name] += row[name]
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Forecast:
    """A month so far, and where it ends; without a band, too few days are known."""

    simulated: bool
    so_far_usd: Decimal
    days_of_history: int
    band: Band | None
    to_come: dict[date, Decimal]

    @property
    def reason(self) -> str | None:
        """Why there is no band."""
        if self.band is not None:
            return None
        return f"{LEAST_WEEKS} whole weeks are needed; {self.days_of_history} days are known."


def forecasts(
    user: User, *, today: date, firsts: Mapping[bool, date] | None = None
) -> list[Forecast]:
    """The user's month in real and in simulated dollars; days are in UTC.

    One query, and another where the days of the first charges, `firsts`, aren't known yet.
    """
    month = month_of(today.replace(day=1))
    since = min(month.first, today - timedelta(weeks=MOST_WEEKS))
    first_days = spend.first_days(user) if firsts is None else firsts
    rows = spend.spend_by(["day"], first=since, last=today, owner=user)
    found = []
    for simulated in (False, True):
        spent = {row["by_day"]: row["cost_usd"] for row in rows if row["simulated"] == simulated}
        first_day = first_days.get(simulated, today)
        band = month_end(spent, today=today, first_day=first_day, last=month.last)
        so_far = sum((usd for day, usd in spent.items() if day >= month.first), Decimal(0))
        to_come = days_to_come(spent, today=today, first_day=first_day, last=month.last)
        found.append(Forecast(simulated, so_far, (today - first_day).days, band, to_come))
    return found


@dataclass(frozen=True, slots=True)
class RunCost:
    """What one run has cost. `task` is empty when the run was deleted; `day` is the reader's."""

    run_id: UUID
    task: str
    pattern: str
    day: date
    amount: Decimal


def tasks_of(user: User, charges: Sequence[RunCharge], zone: tzinfo) -> list[RunCost]:
    """These runs with their tasks, in their order."""
    runs = Run.objects.visible_to(user).filter(pk__in=[charge.run_id for charge in charges])
    tasks = dict(runs.values_list("pk", "task"))
    return [
        RunCost(
            charge.run_id,
            tasks.get(charge.run_id, ""),
            charge.pattern,
            charge.held_at.astimezone(zone).date(),
            charge.amount,
        )
        for charge in charges
    ]
