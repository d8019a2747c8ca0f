"""A usage report: what was spent, joined with how many runs there were and what they saved."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from accounts.models import User
from billing.selectors.spend import spend_by
from runs.models import Run

SOURCES: dict[str, Any] = {
    "day": TruncDate("created_at", tzinfo=UTC),
    "model": F("chosen_model"),
    "pattern": F("pattern"),
    "user": F("owner__email"),
}
NOTHING = {
    "cost_usd": Decimal(0),
    "saved_usd": Decimal(0),
    "runs": 0,
    "llm_calls": 0,
    "input_tokens": 0,
    "cached_input_tokens": 0,
    "output_tokens": 0,
    "reasoning_tokens": 0,
}


def usage_report(
    groups: Sequence[str], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    """One row per combination of groups, in their order; two queries.

    Spend counts on the day on which its money was held, a run on the day of its submit and for
    the model that was chosen for it. Without an owner, the whole site's.
    """
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    parts = (
        spend_by(groups, first=first, last=last, owner=owner),
        _runs_by(groups, first=first, last=last, owner=owner),
    )
    for part in parts:
        for found in part:
            names = {group: found.pop(f"by_{group}") for group in groups}
            key = (*names.values(), found["simulated"])
            rows.setdefault(key, {**names, **NOTHING}).update(found)
    return [rows[key] for key in sorted(rows)]


def _runs_by(
    groups: Sequence[str], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    begin = datetime.combine(first, time.min, UTC)
    end = datetime.combine(last, time.min, UTC) + timedelta(days=1)
    runs = Run.objects.filter(created_at__gte=begin, created_at__lt=end)
    if owner is not None:
        runs = runs.filter(owner=owner)
    keys = {f"by_{group}": SOURCES[group] for group in groups}
    rows = runs.order_by().values("simulated", **keys)
    sums = rows.annotate(runs=Count("*"), saved_usd=Sum("saved_usd"))
    return [dict(row) for row in sums]
