"""What was spent: the daily sums in groups, and lines by what only runs know."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    Expression,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    When,
)

from accounts.models import User
from billing.models import Confidence, LedgerEntry, SpendTally, UsageRollup

SOURCES = {"day": "day", "model": "model", "pattern": "pattern", "user": "owner__email"}


def spend_by(
    groups: Iterable[str], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    """Dollars, calls, tokens and charged runs of these days (UTC, both included), grouped.

    Groups are keys of `SOURCES`; real and simulated dollars are always apart. A run is charged
    where its first call is. Without an owner, the whole site's.
    """
    rollups = UsageRollup.objects.filter(day__gte=first, day__lte=last)
    if owner is not None:
        rollups = rollups.filter(owner=owner)
    keys = {f"by_{group}": F(SOURCES[group]) for group in groups}
    rows = rollups.order_by().values("simulated", **keys)
    sums = rows.annotate(
        cost_usd=Sum("amount"),
        charged_runs=Sum("runs"),
        llm_calls=Sum("calls"),
        input_tokens=Sum(
            F("fresh_input_tokens") + F("cached_input_tokens") + F("cache_write_tokens")
        ),
        cached_input_tokens_sum=Sum("cached_input_tokens"),
        cache_write_tokens_sum=Sum("cache_write_tokens"),
        output_tokens_sum=Sum("output_tokens"),
        reasoning_tokens_sum=Sum("reasoning_tokens"),
    )
    return [{name.removesuffix("_sum"): value for name, value in row.items()} for row in sums]


def spent_since(day: date) -> tuple[Decimal, Decimal]:
    """Real and simulated dollars of the whole site, from a day (UTC) on."""
    sums = SpendTally.objects.filter(day__gte=day).aggregate(
        real=Sum("amount", filter=Q(simulated=False), default=Decimal(0)),
        simulated=Sum("amount", filter=Q(simulated=True), default=Decimal(0)),
    )
    return sums["real"], sums["simulated"]


def spend_of_lines(
    keys: Mapping[str, Expression], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    """As `spend_by`, from the ledger's own lines, for groups that daily sums don't know.

    `keys` has an expression over lines by the name of its group.
    """
    begin = datetime.combine(first, time.min, UTC)
    end = datetime.combine(last, time.min, UTC) + timedelta(days=1)
    lines = LedgerEntry.objects.filter(held_at__gte=begin, held_at__lt=end)
    if owner is not None:
        lines = lines.filter(owner=owner)
    earlier = LedgerEntry.objects.filter(run_id=OuterRef("run_id"), pk__lt=OuterRef("pk"))
    named = {f"by_{name}": key for name, key in keys.items()}
    sums = (
        lines.order_by()
        .values("simulated", **named)
        .annotate(
            cost_usd=Sum("amount"),
            charged_runs=Count("pk", filter=~Exists(earlier)),
            llm_calls=Sum(Case(When(reverses=None, then=1), default=-1)),
            input_tokens=Sum(
                F("fresh_input_tokens") + F("cached_input_tokens") + F("cache_write_tokens")
            ),
            cached_input_tokens_sum=Sum("cached_input_tokens"),
            cache_write_tokens_sum=Sum("cache_write_tokens"),
            output_tokens_sum=Sum("output_tokens"),
            reasoning_tokens_sum=Sum("reasoning_tokens"),
        )
    )
    return [{name.removesuffix("_sum"): value for name, value in row.items()} for row in sums]


def lines_of(user: User) -> QuerySet[LedgerEntry]:
    """All that a user was ever charged."""
    return LedgerEntry.objects.filter(owner=user)


def first_days(user: User) -> Mapping[bool, date]:
    """The day of a user's first charge, of simulated (True) and of real dollars; one query."""
    rows = UsageRollup.objects.filter(owner=user).order_by().values("simulated")
    return {row["simulated"]: row["first"] for row in rows.annotate(first=Min("day"))}


def cache_writes(run_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The input tokens of each run that a provider stored in its cache, without those in doubt."""
    known = LedgerEntry.objects.filter(run_id__in=[*run_ids]).exclude(
        confidence=Confidence.IN_DOUBT
    )
    rows = known.order_by().values("run_id").annotate(tokens=Sum("cache_write_tokens"))
    return {row["run_id"]: row["tokens"] for row in rows}
