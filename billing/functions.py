"""The typed door to the SQL functions about budgets, one Python function each."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, DateTimeField, Func, TextField, Value

from billing.money import ModelPrices, UnitPrices
from billing.sql import schema
from billing.statements import Statement, call


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays for a call: the run's owner, its API token, and whether dollars are simulated."""

    owner_id: int
    api_token_id: UUID | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """What a budget counts since a moment; US dollars."""

    charged: Decimal
    held: Decimal


def lock_budgets() -> Statement[None]:
    """Wait until no money moves, and keep it so until the transaction ends."""
    return call("billing", "lock_budgets", read=lambda _: None)


def open_first_window(*, budget_id: UUID, simulated: bool) -> Statement[int]:
    """Open a new budget's window in mid-period; the caller holds the budgets lock alone."""
    return call("billing", "open_first_window", budget_id, simulated, read=int)


def spent_in_period(
    *, period: str, timezone: str, user_id: int | None, api_token_id: UUID | None, simulated: bool
) -> Statement[Spent]:
    """What a budget for this user or token (both None: the site) counts in its present period."""
    own = schema("billing")
    return Statement(
        f"SELECT charged, held FROM {own}.spent_since("  # noqa: S608 - our own names
        f"%s, %s, %s, {own}.period_start(%s, %s, now()))",
        (user_id, api_token_id, simulated, period, timezone),
        lambda rows: Spent(*rows[0]),
    )


class PeriodStart(Func):
    """The beginning of the period that holds a moment, of (period, time zone, moment)."""

    function = f"{schema('billing')}.period_start"
    output_field = DateTimeField()


class PeriodEnd(Func):
    """Where the next period begins, of (period, time zone, beginning); null for a total."""

    function = f"{schema('billing')}.period_end"
    output_field = DateTimeField()


class PayerOf(Func):
    """A payer as one value."""

    function = "ROW"
    output_field = TextField()


def counts(payer: Payer) -> Func:
    """Whether a budget, in a query of budgets, counts what the payer is charged."""
    values = (payer.owner_id, payer.api_token_id, payer.simulated)
    return Func(
        "user_id",
        "api_token_id",
        PayerOf(*(Value(value) for value in values)),
        function=f"{schema('billing')}.counts",
        output_field=BooleanField(),
    )


def bound(
    *,
    model: str,
    max_input_tokens: int,
    max_output_tokens: int,
    min_output_tokens: int,
    prices: ModelPrices,
) -> dict[str, Any]:
    """The most that a call can use, with the dearest prices that it can reach, as SQL takes it."""
    dearest = prices.bound(max_input_tokens)
    return {
        "model": model,
        "max_input_tokens": dearest.input_tokens,
        "max_output_tokens": max_output_tokens,
        "min_output_tokens": min_output_tokens,
        "input_price": str(dearest.prices.input),
        "output_price": str(dearest.prices.output),
        "price_source": prices.source,
    }


def usage(
    *,
    fresh_input: int,
    cached_input: int,
    cache_write: int,
    output: int,
    reasoning: int,
    unit: UnitPrices,
) -> dict[str, Any]:
    """Disjoint token buckets with their unit prices, as SQL takes them."""
    return {
        "fresh_input_tokens": fresh_input,
        "cached_input_tokens": cached_input,
        "cache_write_tokens": cache_write,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
        "input_price": str(unit.input),
        "cached_input_price": str(unit.cached_input),
        "cache_write_price": str(unit.cache_write),
        "output_price": str(unit.output),
    }
