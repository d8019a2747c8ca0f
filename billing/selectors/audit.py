"""Holding the books against each other: every difference is a line."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from billing.models import Audit
from billing.sql import schema

PAYER = f"{schema('billing')}.payer"
# Run totals live in the `runs` app, which billing doesn't import: its tables are read as SQL.
# Each check is one statement, so that its two sides are of the same moment.
# Materialized, since each process of a parallel join would sum up the whole ledger for itself.
RUN_COSTS = """
    WITH ledger AS MATERIALIZED (
        SELECT run_id, sum(amount) AS amount FROM billing_ledgerentry GROUP BY run_id
    )
    SELECT r.id, r.cost_usd, coalesce(l.amount, 0)
    FROM runs_run r LEFT JOIN ledger l ON l.run_id = r.id
    WHERE r.cost_usd <> coalesce(l.amount, 0)
    ORDER BY 1
"""
RUN_PARTS = """
    SELECT r.id, r.{column}, coalesce(l.amount, 0)
    FROM runs_run r
    LEFT JOIN (
        SELECT run_id, sum(amount) AS amount FROM billing_ledgerentry
        WHERE confidence = '{confidence}' GROUP BY run_id
    ) l ON l.run_id = r.id
    WHERE r.{column} <> coalesce(l.amount, 0)
    ORDER BY 1
"""
RUN_HOLDS = """
    SELECT r.id, r.held_usd, coalesce(h.amount, 0)
    FROM runs_run r
    LEFT JOIN (
        SELECT run_id, sum(amount) AS amount FROM billing_hold
        WHERE state IN ('held', 'dispatched') GROUP BY run_id
    ) h ON h.run_id = r.id
    WHERE r.held_usd <> coalesce(h.amount, 0)
    ORDER BY 1
"""
RUN_SUMS = """
    SELECT coalesce(r.run_id, l.run_id), coalesce(r.amount, 0), coalesce(l.amount, 0)
    FROM billing_runrollup r
    FULL JOIN (
        SELECT run_id, sum(amount) AS amount FROM billing_ledgerentry GROUP BY run_id
    ) l ON l.run_id = r.run_id
    WHERE coalesce(r.amount, 0) <> coalesce(l.amount, 0)
    ORDER BY 1
"""
ROLLUPS = """
    SELECT
        concat_ws(' ', coalesce(u.day, l.day), coalesce(u.owner_id, l.owner_id),
            coalesce(u.model, l.model), coalesce(u.pattern, l.pattern)),
        coalesce(u.amount, 0), coalesce(l.amount, 0)
    FROM billing_usagerollup u
    FULL JOIN (
        SELECT (held_at AT TIME ZONE 'UTC')::date AS day, owner_id, model, pattern, simulated,
            sum(amount) AS amount
        FROM billing_ledgerentry GROUP BY 1, 2, 3, 4, 5
    ) l USING (day, owner_id, model, pattern, simulated)
    WHERE coalesce(u.amount, 0) <> coalesce(l.amount, 0)
    ORDER BY 1
"""
SPEND_TALLIES = """
    SELECT
        concat_ws(' ', figure, day, owner_id, simulated), coalesce(recorded, 0), coalesce(found, 0)
    FROM (
        SELECT day, owner_id, simulated, sum(amount) AS amount, sum(runs) AS runs,
            sum(calls) AS calls
        FROM billing_spendtally GROUP BY 1, 2, 3
    ) t
    FULL JOIN (
        SELECT day, owner_id, simulated, sum(amount) AS amount, sum(runs) AS runs,
            sum(calls) AS calls
        FROM billing_usagerollup GROUP BY 1, 2, 3
    ) u USING (day, owner_id, simulated)
    CROSS JOIN LATERAL (VALUES
        ('dollars', t.amount, u.amount), ('runs', t.runs, u.runs), ('calls', t.calls, u.calls)
    ) AS figures (figure, recorded, found)
    WHERE coalesce(recorded, 0) <> coalesce(found, 0)
    ORDER BY 1
"""
# What each user's ended runs come to, as lists of runs and usage show it.
OWNER_TALLIES = """
    SELECT
        concat_ws(' ', figure, day, owner_id, simulated, pattern, model, chosen_model, status),
        coalesce(recorded, 0), coalesce(found, 0)
    FROM (
        SELECT day, owner_id, simulated, pattern, model, chosen_model, status,
            sum(runs) AS runs, sum(cost_usd) AS cost, sum(saved_usd) AS saved,
            sum(routing_saved_usd) AS routing_saved
        FROM runs_ownertally GROUP BY 1, 2, 3, 4, 5, 6, 7
    ) t
    FULL JOIN (
        SELECT (created_at AT TIME ZONE 'UTC')::date AS day, owner_id, simulated, pattern, model,
            chosen_model, status, count(*) AS runs, sum(cost_usd) AS cost, sum(saved_usd) AS saved,
            sum(routing_saved_usd) AS routing_saved
        FROM runs_run WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7
    ) r USING (day, owner_id, simulated, pattern, model, chosen_model, status)
    CROSS JOIN LATERAL (VALUES
        ('runs', t.runs, r.runs), ('cost', t.cost, r.cost), ('saved', t.saved, r.saved),
        ('saved by routing', t.routing_saved, r.routing_saved)
    ) AS figures (figure, recorded, found)
    WHERE coalesce(recorded, 0) <> coalesce(found, 0)
    ORDER BY 1
"""
STALE_HOLDS = """
    SELECT h.id, h.amount, 0 FROM billing_hold h JOIN runs_run r ON r.id = h.run_id
    WHERE h.state IN ('held', 'dispatched') AND r.status IN ('succeeded', 'failed', 'cancelled')
    ORDER BY 1
"""
# Midnight falls on a quarter of an hour in every time zone, so windows never cut a quarter:
# the ledger is summed up once, not once a window. Along each budget's charges, a window's sum is
# what had run up at its end less what had at its beginning, so that many windows cost little.
WINDOWS_SETTLED = f"""
    WITH quarters AS MATERIALIZED (
        SELECT simulated, owner_id, api_token_id,
            date_bin('15 minutes', held_at, to_timestamp(0)) AS at, sum(amount) AS amount
        FROM billing_ledgerentry GROUP BY 1, 2, 3, 4
    ),
    payers AS MATERIALIZED (
        SELECT DISTINCT (owner_id, api_token_id, simulated)::{PAYER} AS payer FROM quarters
    ),
    charges AS (
        SELECT b.id AS budget_id, q.simulated, q.at, q.amount
        FROM payers p
        JOIN billing_budget b ON {schema("billing")}.counts(b.user_id, b.api_token_id, p.payer)
        JOIN quarters q ON (q.owner_id, q.api_token_id, q.simulated)::{PAYER} = p.payer
    ),
    marks AS (
        SELECT budget_id, simulated, at, amount, NULL::bigint AS window_id, 0 AS sign FROM charges
        UNION ALL
        SELECT budget_id, simulated, starts_at, 0, id, -1 FROM billing_budgetwindow
        UNION ALL
        SELECT budget_id, simulated, coalesce(ends_at, 'infinity'), 0, id, 1
        FROM billing_budgetwindow
    ),
    running AS (
        SELECT window_id, sign, sum(amount) OVER (
            PARTITION BY budget_id, simulated ORDER BY at, sign = 0 ROWS UNBOUNDED PRECEDING
        ) AS before
        FROM marks
    )
    SELECT w.id, w.settled_usd, sum(r.sign * r.before)
    FROM billing_budgetwindow w JOIN running r ON r.window_id = w.id
    GROUP BY w.id
    HAVING w.settled_usd <> sum(r.sign * r.before)
    ORDER BY 1
"""  # noqa: S608 - our own names
WINDOWS_HELD = """
    SELECT w.id, w.held_usd, coalesce(h.amount, 0)
    FROM billing_budgetwindow w
    LEFT JOIN (
        SELECT window_id, sum(amount) AS amount
        FROM billing_hold
        CROSS JOIN LATERAL (SELECT DISTINCT unnest(window_ids) AS window_id) named
        WHERE state IN ('held', 'dispatched') GROUP BY 1
    ) h ON h.window_id = w.id
    WHERE w.held_usd <> coalesce(h.amount, 0)
    ORDER BY 1
"""
# What is held against the ledger, in words that which row it is follows.
CHECKS = {
    "Cost of run": RUN_COSTS,
    "Dollars in doubt of run": RUN_PARTS.format(column="in_doubt_usd", confidence="in_doubt"),
    "Estimated dollars of run": RUN_PARTS.format(column="estimated_usd", confidence="estimated"),
    "Money held for run": RUN_HOLDS,
    "Kept sum of run": RUN_SUMS,
    "Daily sum": ROLLUPS,
    "Spend a day,": SPEND_TALLIES,
    "Ended runs,": OWNER_TALLIES,
    "Settled in budget period": WINDOWS_SETTLED,
    "Held in budget period": WINDOWS_HELD,
    "Open hold of an ended run,": STALE_HOLDS,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Two figures that should be equal; US dollars."""

    what: str
    which: str
    recorded: Decimal
    ledger: Decimal

    def __str__(self) -> str:
        return f"{self.what} {self.which}: {self.recorded} recorded, {self.ledger} found"


def ledger_differences() -> list[Difference]:
    """Every figure that disagrees with ledger or holds; empty when the books are right."""
    return [
        Difference(what, str(which), recorded, Decimal(ledger))
        for what, statement in CHECKS.items()
        for which, recorded, ledger in _rows(statement)
    ]


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def latest_audit() -> Audit | None:
    """The newest result of the daily audit."""
    return Audit.objects.first()
