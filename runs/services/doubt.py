"""Ending doubt about money: staff say what a call cost whose outcome is not known."""

import json
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from accounts.models import User
from billing.errors import NotInDoubt
from billing.models import LedgerEntry
from billing.money import PER_TOKEN, format_usd
from billing.pricing import price_of
from runs import events
from runs.errors import InvalidSubmission

MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class KnownUsage:
    """The usage of a call as the provider's own pages show it; the buckets are disjoint."""

    fresh_input_tokens: int
    cached_input_tokens: int
    output_tokens: int


def resolve_doubt(
    *, entry: LedgerEntry, by: User, reason: str, known: KnownUsage | Decimal
) -> Decimal:
    """Replace a line in doubt by what the call is now believed to have cost; returns that amount.

    `known` is its usage, or a dollar amount, which is rounded up to whole tokens. The new line is
    an estimate: exact usage that arrives later supersedes it. The decision goes into the admin's
    log. Raises `NotInDoubt`, `InvalidSubmission`. Locks: the run row, windows, the hold.
    """
    usage = _at_amount(entry, known) if isinstance(known, Decimal) else _at_prices(entry, known)
    amount = _amount(usage)
    note = f"Staff settled it at ${format_usd(amount)}: {reason}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT runs_resolve_v1(%s, %s, %s)", [entry.pk, json.dumps(usage), note])
        answer = events.loads(cursor.fetchone()[0])
        if answer["outcome"] != "resolved":
            raise NotInDoubt
        _log(entry, by, note)
        transaction.on_commit(lambda: events.publish_soon(entry.run_id, answer["events"]))
    return amount


def _usage(fresh: int, cached: int, output: int, prices: tuple[Decimal, ...]) -> dict[str, Any]:
    names = ("input_price", "cached_input_price", "output_price")
    return {
        "fresh_input_tokens": fresh,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "reasoning_tokens": 0,
        **{name: str(price) for name, price in zip(names, prices, strict=True)},
    }


def _amount(usage: dict[str, Any]) -> Decimal:
    pairs = (
        ("fresh_input_tokens", "input_price"),
        ("cached_input_tokens", "cached_input_price"),
        ("output_tokens", "output_price"),
    )
    return sum((usage[tokens] * Decimal(usage[price]) for tokens, price in pairs), Decimal(0)) * (
        PER_TOKEN
    )


def _at_prices(entry: LedgerEntry, known: KnownUsage) -> dict[str, Any]:
    """The usage at the model's prices; at those of the hold where it has none any more."""
    counts = (known.fresh_input_tokens, known.cached_input_tokens, known.output_tokens)
    if not all(0 <= count <= MOST_TOKENS for count in counts):
        raise InvalidSubmission("Tokens are between 0 and a thousand million.", field="usage")
    prices = (entry.input_price, entry.cached_input_price, entry.output_price)
    if found := price_of(entry.model):
        unit = found.at(known.fresh_input_tokens + known.cached_input_tokens)
        prices = (unit.input, unit.cached_input, unit.output)
    return _usage(*counts, prices)


def _at_amount(entry: LedgerEntry, amount: Decimal) -> dict[str, Any]:
    """Whole tokens that come to the amount, or to as little more as one token makes."""
    if not (amount.is_finite() and 0 <= amount <= entry.amount):
        limit = format_usd(entry.amount)
        raise InvalidSubmission(
            f"It can have cost between $0 and ${limit}, which was held.", field="amount_usd"
        )
    per_input, per_output = entry.input_price * PER_TOKEN, entry.output_price * PER_TOKEN
    prices = (entry.input_price, entry.cached_input_price, entry.output_price)
    fresh = min(entry.fresh_input_tokens, int(amount / per_input)) if per_input else 0
    rest = amount - fresh * per_input
    if per_output:
        return _usage(fresh, 0, _whole(rest / per_output), prices)
    return _usage(_whole(amount / per_input) if per_input else 0, 0, 0, prices)


def _whole(tokens: Decimal) -> int:
    return int(tokens.to_integral_value(ROUND_CEILING))


def _log(entry: LedgerEntry, by: User, note: str) -> None:
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(LedgerEntry),
        object_id=str(entry.pk),
        object_repr=str(entry)[:200],
        action_flag=CHANGE,
        change_message=note,
    )
