"""What holds on the site at a moment: counts of runs, words of staff, the last audit; one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import User
from billing.models import Audit
from billing.selectors.budgets import FULL_BUDGETS
from billing.statements import from_json
from runs.models import IntakeChange
from runs.selectors.queue import LONGEST_WAIT
from runs.states import IS_ACTIVE

RUNS = f"""
    SELECT
        count(*) FILTER (WHERE status IN ('running', 'cancelling')) AS running,
        count(*) FILTER (WHERE status = 'queued') AS queued,
        count(*) FILTER (WHERE status IN ('awaiting_funds', 'awaiting_approval')) AS waiting,
        coalesce(sum(held_usd) FILTER (WHERE NOT simulated), 0)::text AS held_usd,
        coalesce(sum(held_usd) FILTER (WHERE simulated), 0)::text AS simulated_held_usd
    FROM runs_run WHERE {IS_ACTIVE}
"""  # noqa: S608 - our own texts
INTAKE = """
    SELECT i.paused, i.reason, i.at, u.email AS by
    FROM runs_intakechange i LEFT JOIN accounts_user u ON u.id = i.by_id
    ORDER BY i.id DESC LIMIT 1
"""
AUDIT = "SELECT at, lines, differences FROM billing_audit ORDER BY id DESC LIMIT 1"
SWITCHES = "SELECT id, reason FROM runs_killswitch WHERE lifted_at IS NULL ORDER BY id DESC"
# Models whose calls cost more than was held, or ignored their cap, within a day.
OVERRUNS = """
    SELECT model, ignores_cap FROM billing_modelsafety
    WHERE last_at > now() - interval '1 day' AND (overruns > 0 OR ignores_cap)
    ORDER BY provider, model
"""
STANDING = f"""
    SELECT
        statement_timestamp(),
        ({LONGEST_WAIT}),
        (SELECT to_jsonb(r) FROM ({RUNS}) r),
        (SELECT to_jsonb(i) FROM ({INTAKE}) i),
        (SELECT to_jsonb(a) FROM ({AUDIT}) a),
        (SELECT jsonb_agg(s) FROM ({SWITCHES}) s),
        (SELECT jsonb_agg(o) FROM ({OVERRUNS}) o),
        (SELECT jsonb_agg(b) FROM ({FULL_BUDGETS}) b)
"""  # noqa: S608 - our own texts


@dataclass(frozen=True, slots=True)
class Counts:
    """Runs that have not ended, and the dollars that they hold."""

    running: int
    queued: int
    waiting: int
    held_usd: Decimal
    simulated_held_usd: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds at `now`, the database's time.

    `oldest_wait` is that of a run that a worker could take. Of switches there are `id` and
    `reason`, of overruns `model` and `ignores_cap`, of full budgets `scope`, `period` and `count`.
    """

    now: datetime
    oldest_wait: timedelta | None
    counts: Counts
    intake: IntakeChange | None
    audit: Audit | None
    switches: Sequence[dict[str, Any]]
    overruns: Sequence[dict[str, Any]]
    full_budgets: Sequence[dict[str, Any]]


def standing() -> Standing:
    """All of it, of one moment."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [settings.USER_CONCURRENCY, settings.SIMULATED])
        now, oldest_wait, *texts = cursor.fetchone()
    counts, intake, audit, switches, overruns, full = map(from_json, texts)
    return Standing(
        now=now,
        # The clock of a run's own transaction may be a little ahead.
        oldest_wait=None if oldest_wait is None else max(oldest_wait, timedelta(0)),
        counts=_counts(counts),
        intake=_intake(intake),
        audit=_audit(audit),
        switches=switches or (),
        overruns=overruns or (),
        full_budgets=full or (),
    )


def _counts(row: dict[str, Any]) -> Counts:
    money = {name: Decimal(row[name]) for name in ("held_usd", "simulated_held_usd")}
    return Counts(**row | money)


def _intake(row: dict[str, Any] | None) -> IntakeChange | None:
    if row is None:
        return None
    by = User(email=row["by"]) if row["by"] else None
    return IntakeChange(**row | {"at": datetime.fromisoformat(row["at"]), "by": by})


def _audit(row: dict[str, Any] | None) -> Audit | None:
    if row is None:
        return None
    return Audit(**row | {"at": datetime.fromisoformat(row["at"])})
