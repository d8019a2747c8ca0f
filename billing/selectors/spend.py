"""What was spent: the daily sums in groups, and the dearest runs of some days."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, Exists, Expression, F, Min, OuterRef, QuerySet, Sum, When

from accounts.models import User
from billing.models import Confidence, LedgerEntry, UsageRollup

SOURCES = {"day": "day", "model": "model", "pattern": "pattern", "user": "owner__email"}
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


def first_days(user: User) -> dict[bool, date]:
    """The day of the user's first charge, of simulated (True) and of real dollars."""
    rows = UsageRollup.objects.filter(owner=user).order_by().values("simulated")
    return {row["simulated"]: row["first"] for row in rows.annotate(first=Min("day"))}


def cache_writes(run_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The input tokens of each run that a provider stored in its cache, without those in doubt."""
    known = LedgerEntry.objects.filter(run_id__in=[*run_ids]).exclude(
        confidence=Confidence.IN_DOUBT
    )
    rows = known.order_by().values("run_id").annotate(tokens=Sum("cache_write_tokens"))
    return {row["run_id"]: row["tokens"] for row in rows}


def first_models(user: User, count: int) -> list[str]:
    """The models that the user was charged for first, oldest first."""
    rows = UsageRollup.objects.filter(owner=user).order_by().values("model")
    known = rows.annotate(first=Min("day")).order_by("first", "model")[:count]
    return [row["model"] for row in known]


class RunCharge(NamedTuple):
    """What one run has cost, and the day of its first charge."""

    run_id: UUID
    pattern: str
    day: date
    amount: Decimal


def dearest_runs(
    user: User, *, first: date, last: date, simulated: bool, count: int
) -> list[RunCharge]:
    """The dearest of the user's runs whose first charge is on one of these days."""
    with connection.cursor() as cursor:
        cursor.execute(DEAREST_RUNS, [first, last, user.pk, simulated, count, count])
        return [RunCharge(*row) for row in cursor.fetchall()]
