"""Budgets of which 50, 80 or 100 percent are settled: the highest threshold that isn't told yet."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import ApiToken, User
from billing.models import Budget, BudgetWindow
from billing.money import format_usd
from runs.alert_models import Kind
from runs.alerts.finding import Finding

PERCENTS = [100, 80, 50]
# Budgets that one statement looks at, and windows that one sweep tells of: the rest comes next.
AT_A_TIME = 5000
MOST = 1000
FIRST = UUID(int=0)

# Of each budget its newest two windows, by the index that makes them unique: the last one may have
# passed a threshold in its last minute. A threshold counts as told where an alert of this window
# was written when as much was settled as it takes now: so a raised limit tells again once it is
# reached, a lowered one only what is new, and money that comes back and is spent again nothing.
PASSED = """
    WITH part AS (
        SELECT b.id FROM billing_budget b WHERE b.id > %(after)s ORDER BY b.id LIMIT %(limit)s
    )
    SELECT w.id, p.percent
    FROM part
    CROSS JOIN (VALUES (false), (true)) AS k (simulated)
    CROSS JOIN LATERAL (
        SELECT * FROM billing_budgetwindow w
        WHERE w.budget_id = part.id AND w.simulated = k.simulated
        ORDER BY w.starts_at DESC LIMIT 2
    ) w
    CROSS JOIN LATERAL (
        SELECT percent FROM unnest(%(percents)s::int[]) AS t (percent)
        WHERE w.settled_usd * 100 >= w.limit_usd * t.percent ORDER BY percent DESC LIMIT 1
    ) p
    WHERE w.limit_usd > 0 AND (w.ends_at IS NULL OR w.ends_at > now() - interval '1 day')
        AND NOT EXISTS (
            SELECT 1 FROM runs_alert a
            WHERE a.kind IN ('budget', 'site_budget') AND a.subject = w.id::text
                AND a.starts_at = w.starts_at AND (a.data ->> 'percent')::int >= p.percent
                AND (a.data ->> 'settled_usd')::numeric * 100 >= w.limit_usd * p.percent
        )
    LIMIT %(most)s
"""
NEXT = """
    SELECT id FROM billing_budget WHERE id > %s ORDER BY id OFFSET %s LIMIT 1
"""


def found() -> Iterator[Finding]:
    """The windows that passed a threshold, whoever's they are; part by part."""
    after: UUID | None = FIRST
    room = MOST
    while after is not None and room > 0:
        percents = _passed(after, room)
        room -= len(percents)
        yield from _findings(percents)
        after = _next(after)


def _passed(after: UUID, most: int) -> dict[int, int]:
    """The highest untold percent by the window's id."""
    given: dict[str, Any] = {"after": after, "limit": AT_A_TIME, "percents": PERCENTS, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(PASSED, given)
        return dict(cursor.fetchall())


def _next(after: UUID) -> UUID | None:
    """The last budget of this part; None where it was the last part."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [after, AT_A_TIME - 1])
        row = cursor.fetchone()
    return row[0] if row else None


def _findings(percents: dict[int, int]) -> Iterator[Finding]:
    windows = BudgetWindow.objects.filter(pk__in=percents)
    for window in windows.select_related("budget__user", "budget__api_token__user"):
        yield _finding(window, percents[window.pk])


def _finding(window: BudgetWindow, percent: int) -> Finding:
    budget = window.budget
    owner = _owner(budget)
    limit = format_usd(window.limit_usd)
    return Finding(
        kind=Kind.SITE_BUDGET if owner is None else Kind.BUDGET,
        subject=str(window.pk),
        threshold=f"{percent} % of {limit}",
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        owner_id=owner.pk if owner else None,
        data={"percent": percent, **_figures(window)},
    )


def _figures(window: BudgetWindow) -> dict[str, Any]:
    budget = window.budget
    return {
        "budget_id": str(budget.pk),
        "scope": budget.scope,
        "token_name": budget.api_token.name if budget.api_token else None,
        "period": budget.period,
        "hard": window.hard,
        "limit_usd": format_usd(window.limit_usd),
        "settled_usd": format_usd(window.settled_usd),
        "held_usd": format_usd(window.held_usd),
        "simulated": window.simulated,
        "ends_at": window.ends_at.isoformat() if window.ends_at else None,
    }


def _owner(budget: Budget) -> User | None:
    token: ApiToken | None = budget.api_token
    return token.user if token else budget.user
