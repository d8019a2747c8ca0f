"""Sums of the whole ledger, for metrics: read from the daily sums, of which there are few."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Sum

from billing.models import UsageRollup


def totals_by_model() -> Sequence[dict[str, Any]]:
    """By model, and whether it was simulated: dollars, calls and tokens. One query."""
    sums = ("amount", "calls", "fresh_input_tokens", "cached_input_tokens", "cache_write_tokens")
    more = ("output_tokens", "reasoning_tokens")
    rows = UsageRollup.objects.order_by().values("model", "simulated")
    found = rows.annotate(**{f"sum_{name}": Sum(name) for name in (*sums, *more)})
    return [dict(row) for row in found]
