"""Budgets and prices in the audit log, however they are changed."""

from decimal import Decimal

from accounts.audit.watching import Watched, watch
from accounts.audit_models import Action
from billing.models import Budget, ModelPrice
from billing.money import format_usd


def _dollars(amount: Decimal | None) -> str | None:
    return None if amount is None else format_usd(amount)


watch(
    Watched(
        Budget,
        fields=("scope", "period", "timezone", "limit_usd", "hard"),
        created=Action.BUDGET_CREATED,
        changed=Action.BUDGET_CHANGED,
        deleted=Action.BUDGET_DELETED,
        owner=lambda budget: budget.owner_id,
        shown={"limit_usd": _dollars},
    )
)

PRICES = ("input_price", "cached_input_price", "cache_write_price", "output_price")
watch(
    Watched(
        ModelPrice,
        fields=("model", *PRICES),
        created=Action.PRICE_CREATED,
        changed=Action.PRICE_CHANGED,
        deleted=Action.PRICE_DELETED,
        shown=dict.fromkeys(PRICES, _dollars),
    )
)
