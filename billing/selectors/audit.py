"""Holding the books against each other: every difference is a line."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

# Run totals live in the `runs` app, which billing doesn't import: its tables are read as SQL.
RUN_DIFFERENCES = """
    SELECT coalesce(r.id, l.run_id), coalesce(r.cost_usd, 0), coalesce(l.amount, 0)
    FROM runs_run r
    FULL JOIN (
        SELECT run_id, sum(amount) AS amount FROM billing_ledgerentry GROUP BY run_id
    ) l ON l.run_id = r.id
    WHERE r.id IS NOT NULL AND coalesce(r.cost_usd, 0) <> coalesce(l.amount, 0)
    ORDER BY 1
"""
ROLLUP_DIFFERENCES = """
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
STALE_HOLDS = """
    SELECT h.id, h.amount, 0 FROM billing_hold h JOIN runs_run r ON r.id = h.run_id
    WHERE h.state IN ('held', 'dispatched') AND r.status IN ('succeeded', 'failed', 'cancelled')
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two figures that should be equal; US dollars."""

    what: str
    which: str
    recorded: Decimal
    ledger: Decimal

    def __str__(self) -> str:
        return f"{self.what} {self.which}: {self.recorded} recorded, {self.ledger} in the ledger"


def ledger_differences() -> list[Difference]:
    """Every run, rollup or hold that disagrees with the ledger; empty when the books are right."""
    checks = {"run": RUN_DIFFERENCES, "rollup": ROLLUP_DIFFERENCES, "open hold": STALE_HOLDS}
    return [
        Difference(what, str(which), recorded, Decimal(ledger))
        for what, statement in checks.items()
        for which, recorded, ledger in _rows(statement)
    ]


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
