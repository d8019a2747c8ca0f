"""Sums of the daily rollups, for usage reports."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import F, Sum

from accounts.models import User
from billing.models import UsageRollup

SOURCES = {"day": "day", "model": "model", "pattern": "pattern", "user": "owner__email"}


def spend_by(
    groups: Iterable[str], *, first: date, last: date, owner: User | None
) -> list[dict[str, Any]]:
    """Dollars, calls and tokens of these days (UTC, both included), grouped.

    Groups are keys of `SOURCES`; real and simulated dollars are always apart. Without an owner,
    the whole site's.
    """
    rollups = UsageRollup.objects.filter(day__gte=first, day__lte=last)
    if owner is not None:
        rollups = rollups.filter(owner=owner)
    keys = {f"by_{group}": F(SOURCES[group]) for group in groups}
    rows = rollups.order_by().values("simulated", **keys)
    sums = rows.annotate(
        cost_usd=Sum("amount"),
        llm_calls=Sum("calls"),
        input_tokens=Sum(F("fresh_input_tokens") + F("cached_input_tokens")),
        cached_input_tokens_sum=Sum("cached_input_tokens"),
        output_tokens_sum=Sum("output_tokens"),
        reasoning_tokens_sum=Sum("reasoning_tokens"),
    )
    return [{name.removesuffix("_sum"): value for name, value in row.items()} for row in sums]
