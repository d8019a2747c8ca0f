"""How much money is left for a run: what its own limit and its tightest hard budget leave free."""

from decimal import Decimal
from uuid import UUID

from billing.sql import schema
from runs.executor.database import Database

# Null is without limit. The closing money is held, and so is no part of it.
READ_LEFT = f"""
    SELECT least(
        r.max_cost_usd - r.cost_usd - r.held_usd,
        (SELECT min(b.available) FROM {schema("billing")}.available_budgets(
            (r.owner_id, r.api_token_id, r.simulated)::{schema("billing")}.payer
        ) b)
    )
    FROM runs_run r WHERE r.id = %s
"""  # noqa: S608 - our own names


async def money_left(database: Database, run_id: UUID) -> Decimal | None:
    """US dollars that a call of this run could hold now; None without a limit."""
    rows = await database.fetch(READ_LEFT, run_id)
    left = rows[0][0] if rows else None
    return None if left is None else max(left, Decimal(0))
