"""The runs charged first between two moments: their average, their median, the dearest."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import User

# The sums of runs know the day (UTC) of the first charge. Only of the days that the range cuts,
# the first charge itself is looked at.
CHARGED = """
    WITH charged AS MATERIALIZED (
        SELECT r.run_id, r.pattern, r.amount FROM billing_runrollup r
        WHERE r.owner_id = %(owner)s AND r.simulated = %(simulated)s AND r.amount > 0
            AND r.day BETWEEN %(first_day)s AND %(last_day)s
            AND (r.day <> ALL (%(cut)s::date[]) OR (
                SELECT l.held_at FROM billing_ledgerentry l WHERE l.run_id = r.run_id
                ORDER BY l.id LIMIT 1
            ) BETWEEN %(begin)s AND %(last)s)
    ),
    sums AS (
        SELECT count(*) AS runs, avg(amount) AS average,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY amount) AS median
        FROM charged
    )
    SELECT s.runs, s.average, s.median, d.run_id, d.pattern, d.amount, (
        SELECT l.held_at FROM billing_ledgerentry l WHERE l.run_id = d.run_id
        ORDER BY l.id LIMIT 1
    )
    FROM sums s LEFT JOIN LATERAL (
        SELECT * FROM charged ORDER BY amount DESC, run_id DESC LIMIT %(count)s
    ) d ON true
    ORDER BY d.amount DESC, d.run_id DESC
"""
MOMENT = timedelta(microseconds=1)


class RunCharge(NamedTuple):
    """What one run has cost, and when the money of its first charge was held."""

    run_id: UUID
    pattern: str
    amount: Decimal
    held_at: datetime


@dataclass(frozen=True, slots=True)
class ChargedRuns:
    """Runs with a first charge in a range. US dollars; None where there is none."""

    runs: int
    average_usd: Decimal | None
    median_usd: Decimal | None
    dearest: list[RunCharge]


def charged_runs(
    user: User, begin: datetime, end: datetime, *, simulated: bool, count: int
) -> ChargedRuns:
    """The user's runs first charged from `begin` to before `end`; `count` of the dearest."""
    first, last = begin.astimezone(UTC), end.astimezone(UTC) - MOMENT
    cut = [moment.date() for moment in (first,) if moment != _midnight(moment)]
    cut += [last.date()] if last + MOMENT != _midnight(last + MOMENT) else []
    given: dict[str, Any] = {"owner": user.pk, "simulated": simulated, "count": count, "cut": cut}
    days = {"first_day": first.date(), "last_day": last.date(), "begin": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(CHARGED, {**given, **days})
        rows = cursor.fetchall()
    runs, average, median = rows[0][:3]
    return ChargedRuns(
        runs, average, median, [RunCharge(*row[3:]) for row in rows if row[3] is not None]
    )


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
