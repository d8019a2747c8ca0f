"""How fast budgets empty: what their payers spent and hold, of the last minutes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from billing.models import Hold
from billing.selectors.budgets import BudgetState, Pace
from billing.sql import schema

# How far back is looked.
MINUTES = 5
MINUTE = timedelta(minutes=1)
OPEN: list[str] = [Hold.State.HELD, Hold.State.DISPATCHED]
# The lines and holds of so few minutes are added up by payer once, for all budgets. A budget's row
# is there without any too, so that the database's clock always comes back.
RECENT = f"""
    WITH moved AS (
        SELECT owner_id, api_token_id, amount FROM billing_ledgerentry
        WHERE held_at > now() - make_interval(mins => %(minutes)s) AND simulated = %(simulated)s
        UNION ALL
        SELECT owner_id, api_token_id, amount FROM billing_hold
        WHERE held_at > now() - make_interval(mins => %(minutes)s) AND simulated = %(simulated)s
            AND state = ANY (%(open)s)
    ), by_payer AS MATERIALIZED (
        SELECT owner_id, api_token_id, sum(amount) AS amount FROM moved
        GROUP BY owner_id, api_token_id
    )
    SELECT b.id, now(), coalesce(sum(p.amount), 0)
    FROM billing_budget b LEFT JOIN by_payer p ON {schema("billing")}.counts(
        b.user_id, b.api_token_id, (p.owner_id, p.api_token_id, %(simulated)s)
    )
    WHERE b.id = ANY (%(budgets)s::uuid[])
    GROUP BY b.id
"""  # noqa: S608 - our own names


def with_pace(found: Iterable[BudgetState]) -> list[BudgetState]:
    """The same budgets, with the pace of those that empty before they reset.

    They are of one kind of dollars. One query; none where there are no budgets.
    """
    states = list(found)
    if not states:
        return states
    rates = _rates({state.budget.pk for state in states}, simulated=states[0].simulated)
    return [
        _paced(state, *rates[state.budget.pk]) if state.budget.pk in rates else state
        for state in states
    ]


def _rates(budgets: set[UUID], *, simulated: bool) -> dict[UUID, tuple[datetime, Decimal]]:
    """The database's clock, and dollars a minute, of each budget."""
    given: dict[str, int | bool | list[str]] = {
        "minutes": MINUTES,
        "simulated": simulated,
        "open": OPEN,
        "budgets": [str(pk) for pk in budgets],
    }
    with connection.cursor() as cursor:
        cursor.execute(RECENT, given)
        return {pk: (now, moved / MINUTES) for pk, now, moved in cursor.fetchall()}


def _paced(state: BudgetState, now: datetime, usd_a_minute: Decimal) -> BudgetState:
    if usd_a_minute <= 0 or not state.remaining_usd:
        return state
    minutes = state.remaining_usd / usd_a_minute
    if state.resets_at and minutes >= Decimal((state.resets_at - now) / MINUTE):
        return state
    return replace(state, pace=Pace(usd_a_minute, minutes))
