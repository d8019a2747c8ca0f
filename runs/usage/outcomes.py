"""What became of the runs that were submitted in a range, and in the one before it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Sum

from accounts.models import User
from billing.selectors.between import parts_of
from runs.models import Run
from runs.states import ACTIVE, IS_ACTIVE

Moments = tuple[datetime, datetime]
# Ended runs of whole days of UTC are counted already (`OwnerTally`). The ends of a range that lie
# within such days, what is under way, and what was found good are looked up run by run. Span 0 is
# the range before, 2 the one that is shown; 1 is what lies between. `OFFSET 0` has each part looked
# up in the index of its own condition.
OUTCOMES = f"""
    WITH days (span, first, ended) AS (
        SELECT * FROM unnest(%(spans)s::int[], %(firsts)s::date[], %(lasts)s::date[])
    ),
    edges (edge, began, ended) AS (
        SELECT * FROM unnest(%(edges)s::int[], %(began)s::timestamptz[], %(ended)s::timestamptz[])
    ),
    signs (edge, span, sign) AS (
        SELECT * FROM unnest(%(signed)s::int[], %(into)s::int[], %(signs)s::int[])
    ),
    ranges (span, began, ended) AS (
        SELECT * FROM unnest(%(spans)s::int[], %(from)s::timestamptz[], %(to)s::timestamptz[])
    ),
    parts (span, simulated, model, pattern, status, runs, good, saved_usd, routing_saved_usd) AS (
        SELECT d.span, t.simulated, t.chosen_model, t.pattern, t.status, t.runs, 0, t.saved_usd,
            t.routing_saved_usd
        FROM days d JOIN runs_ownertally t
            ON t.owner_id = %(owner)s AND t.day >= d.first AND t.day < d.ended
        WHERE t.day >= %(first)s AND t.day < %(last)s
        UNION ALL
        SELECT s.span, r.simulated, r.chosen_model, r.pattern, r.status, s.sign, 0,
            s.sign * r.saved_usd, s.sign * coalesce(r.routing_saved_usd, 0)
        FROM edges e JOIN signs s USING (edge) CROSS JOIN LATERAL (
            SELECT * FROM runs_run
            WHERE owner_id = %(owner)s AND created_at >= e.began AND created_at < e.ended
                AND finished_at IS NOT NULL
            OFFSET 0
        ) r
        UNION ALL
        SELECT s.span, r.simulated, r.chosen_model, r.pattern, r.status, 1, 0, r.saved_usd,
            coalesce(r.routing_saved_usd, 0)
        FROM (
            SELECT * FROM runs_run WHERE owner_id = %(owner)s AND {IS_ACTIVE} OFFSET 0
        ) r JOIN ranges s ON r.created_at >= s.began AND r.created_at < s.ended
        UNION ALL
        SELECT s.span, r.simulated, r.chosen_model, r.pattern, r.status, 0, 1, 0, 0
        FROM (
            SELECT * FROM runs_run WHERE owner_id = %(owner)s AND feedback = 1 OFFSET 0
        ) r JOIN ranges s ON r.created_at >= s.began AND r.created_at < s.ended
    )
    SELECT span = 0, simulated, model, pattern, sum(runs)::bigint,
        coalesce(sum(runs) FILTER (WHERE status = ANY (%(active)s)), 0)::bigint,
        coalesce(sum(runs) FILTER (WHERE status = 'succeeded'), 0)::bigint,
        coalesce(sum(runs) FILTER (WHERE status = 'failed'), 0)::bigint,
        sum(good)::bigint, sum(saved_usd), sum(routing_saved_usd)
    FROM parts WHERE span <> 1
    GROUP BY 1, 2, 3, 4
    HAVING sum(runs) <> 0
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Outcome:
    """Runs of one chosen model and pattern; `earlier` are those of the range before."""

    earlier: bool
    simulated: bool
    model: str
    pattern: str
    runs: int
    active: int
    succeeded: int
    failed: int
    good: int
    saved_usd: Decimal
    routing_saved_usd: Decimal


@dataclass(frozen=True, slots=True)
class Sessions:
    """How many sessions the runs of a range belong to, and what those runs cost."""

    count: int
    cost_usd: Decimal

    @property
    def per_session(self) -> Decimal | None:
        """Dollars for each; None where there is none."""
        return self.cost_usd / self.count if self.count else None


def outcomes(user: User, shown: Moments, earlier: Moments) -> list[Outcome]:
    """The user's runs of two ranges, of which `earlier` ends before `shown` begins.

    Each range ends before its last moment. One statement.
    """
    given = {"owner": user.pk, "active": sorted(ACTIVE), **parts_of([*earlier, *shown])}
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES, given)
        return [Outcome(*row) for row in cursor.fetchall()]


def sessions(user: User, shown: Moments, *, simulated: bool) -> Sessions:
    """The sessions of the range's runs."""
    begin, end = shown
    runs = Run.objects.visible_to(user).filter(created_at__gte=begin, created_at__lt=end)
    row = (
        runs.filter(simulated=simulated)
        .exclude(session_id="")
        .aggregate(
            count=Count("session_id", distinct=True), cost=Sum("cost_usd", default=Decimal(0))
        )
    )
    return Sessions(row["count"], row["cost"])
