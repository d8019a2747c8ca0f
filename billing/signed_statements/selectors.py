"""The ledger lines of a statement, as they are hashed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from billing.models import LedgerEntry
from billing.money import format_usd

LINES_AT_A_TIME = 500
FIELDS = (
    *("id", "run_id", "api_token_id", "step_key", "attempt", "pattern", "model", "provider"),
    *("fresh_input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens"),
    *("reasoning_tokens", "input_price", "cached_input_price", "cache_write_price"),
    *("output_price", "price_source", "amount", "confidence", "held_at", "charged_at"),
    "reverses_id",
)


def statement_lines(entries: QuerySet[LedgerEntry]) -> Iterator[dict[str, Any]]:
    """Lines in the ledger's order, numbered from 1; no query is open between two of them."""
    number = 0
    following = ordered = entries.order_by("pk")
    while batch := list(following[:LINES_AT_A_TIME]):
        for entry in batch:
            number += 1
            fields = {name: _plain(getattr(entry, name)) for name in FIELDS}
            yield {"number": number, **fields}
        following = ordered.filter(pk__gt=batch[-1].pk)


def _plain(value: Any) -> Any:
    """Numbers and null as JSON has them; money, ids and moments as texts."""
    if isinstance(value, Decimal):
        return format_usd(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)
