"""The users and what each spent this month: sorted, searched, some at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import User
from billing.statements import from_json
from runs.states import IS_ACTIVE

SHOWN = 50
SPARK_DAYS = 7
LAST_RUN = """(
    SELECT r.created_at FROM runs_run r WHERE r.owner_id = u.id ORDER BY r.id DESC LIMIT 1
)"""
# The largest part that is used of a budget of this user; of a limit of nothing, all.
USED = """(
    SELECT max(CASE WHEN b.limit_usd = 0 THEN 1 ELSE (w.settled_usd + w.held_usd) / b.limit_usd END)
    FROM billing_budget b LEFT JOIN LATERAL (
        SELECT * FROM billing_budgetwindow
        WHERE budget_id = b.id AND simulated = %(simulated)s ORDER BY starts_at DESC LIMIT 1
    ) w ON w.ends_at IS NULL OR w.ends_at > now()
    WHERE b.user_id = u.id
)"""
SPENT = "CASE WHEN %(simulated)s THEN s.simulated_usd ELSE s.spent_usd END"
HELD = "CASE WHEN %(simulated)s THEN a.simulated_held_usd ELSE a.held_usd END"
# What each column sorts by, in its natural direction.
SORTS: Mapping[str, tuple[str, ...]] = {
    "spent": (f"{SPENT} DESC", "s.spent_usd DESC", "s.simulated_usd DESC"),
    "held": (f"{HELD} DESC",),
    "budget": (f"{USED} DESC",),
    "runs": ("s.runs DESC",),
    "errors": ("e.failed::numeric / e.ended DESC", "e.failed DESC"),
    "last": (f"{LAST_RUN} DESC",),
    "name": ("lower(coalesce(nullif(u.name, ''), u.email)) ASC",),
}
BACKWARDS = {"ASC": "DESC", "DESC": "ASC"}
# Without a search, those who did something this month; a search finds everyone.
BUSY = f"(s.owner_id IS NOT NULL OR a.owner_id IS NOT NULL OR {LAST_RUN} >= %(month)s)"
NAMED = "u.deleted_at IS NULL AND (u.email ILIKE %(like)s OR u.name ILIKE %(like)s)"
# Sums of the month are of all users, whatever is searched. Only those on the page are looked up one
# by one.
PEOPLE = """
    WITH s AS (
        SELECT owner_id, sum(runs) AS runs, sum(calls) AS calls,
            coalesce(sum(amount) FILTER (WHERE NOT simulated), 0) AS spent_usd,
            coalesce(sum(amount) FILTER (WHERE simulated), 0) AS simulated_usd
        FROM billing_spendtally WHERE day >= %(month)s GROUP BY owner_id
    ), a AS (
        SELECT owner_id, count(*) AS active,
            coalesce(sum(held_usd) FILTER (WHERE NOT simulated), 0) AS held_usd,
            coalesce(sum(held_usd) FILTER (WHERE simulated), 0) AS simulated_held_usd
        FROM runs_run WHERE {active} GROUP BY owner_id
    ), e AS (
        SELECT owner_id, count(*) AS ended, count(*) FILTER (WHERE status = 'failed') AS failed
        FROM runs_run
        WHERE finished_at > now() - interval '1 day' AND status <> 'cancelled' GROUP BY owner_id
    ), total AS (
        SELECT coalesce(sum(spent_usd), 0) AS spent_usd,
            coalesce(sum(simulated_usd), 0) AS simulated_usd, coalesce(sum(runs), 0) AS runs
        FROM s
    ), found AS (
        SELECT u.id, u.name, u.email, u.deleted_at, u.is_active,
            coalesce(s.spent_usd, 0) AS spent_usd, coalesce(s.simulated_usd, 0) AS simulated_usd,
            coalesce(a.held_usd, 0) AS held_usd,
            coalesce(a.simulated_held_usd, 0) AS simulated_held_usd,
            coalesce(s.runs, 0) AS runs, coalesce(s.calls, 0) AS calls,
            coalesce(a.active, 0) AS active, coalesce(e.ended, 0) AS ended,
            coalesce(e.failed, 0) AS failed,
            count(*) OVER () AS found, row_number() OVER (ORDER BY {order}, u.id) AS place
        FROM accounts_user u
        LEFT JOIN s ON s.owner_id = u.id
        LEFT JOIN a ON a.owner_id = u.id
        LEFT JOIN e ON e.owner_id = u.id
        WHERE {who}
        ORDER BY place LIMIT %(limit)s OFFSET %(offset)s
    ), daily AS (
        SELECT owner_id, jsonb_object_agg(day, usd::text) AS usd_by_day FROM (
            SELECT owner_id, day, sum(amount) AS usd FROM billing_spendtally
            WHERE day >= %(since)s AND simulated = %(simulated)s
                AND owner_id IN (SELECT id FROM found)
            GROUP BY owner_id, day
        ) days GROUP BY owner_id
    )
    SELECT t.spent_usd, t.simulated_usd, t.runs, u.found, u.id, u.name, u.email, u.deleted_at,
        u.is_active, u.spent_usd, u.simulated_usd, u.held_usd, u.simulated_held_usd, u.runs,
        u.calls, u.active, u.ended, u.failed, {last_run}, d.usd_by_day
    FROM total t LEFT JOIN found u ON true LEFT JOIN daily d ON d.owner_id = u.id
    ORDER BY u.place
"""


@dataclass(frozen=True, slots=True)
class Order:
    """The column that a list is sorted by: in its natural direction, or backwards."""

    key: str = "spent"
    backwards: bool = False

    @classmethod
    def of(cls, text: str) -> "Order":
        """As an address has it: `runs`, or `-runs` for the other way; else the dearest first."""
        key = text.removeprefix("-")
        return cls(key, text.startswith("-")) if key in SORTS else cls()

    @property
    def sql(self) -> str:
        """What comes after ORDER BY; users without a figure are last in either direction."""
        parts = (part.rsplit(" ", 1) for part in SORTS[self.key])
        turned = BACKWARDS if self.backwards else dict(zip(BACKWARDS, BACKWARDS, strict=True))
        return ", ".join(f"{column} {turned[way]} NULLS LAST" for column, way in parts)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which users: found by a part of their name or address, from a place in an order on.

    `simulated` chooses the dollars by which they are sorted.
    """

    simulated: bool = False
    order: Order = Order()
    search: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """One user: dollars, calls and first charged runs of the month, and runs of the last 24 hours.

    `ended` counts neither cancelled runs nor those under way. `by_day` has the last days' dollars.
    """

    user: User
    spent_usd: Decimal
    simulated_usd: Decimal
    held_usd: Decimal
    simulated_held_usd: Decimal
    runs: int
    calls: int
    active: int
    ended: int
    failed: int
    last_run_at: datetime | None
    by_day: Mapping[date, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class People:
    """Some of those who were found, and the month's sums of all users."""

    shown: Sequence[Person]
    found: int
    spent_usd: Decimal
    simulated_usd: Decimal
    runs: int


EVERYONE = Wanted()


def people(today: date, wanted: Wanted = EVERYONE) -> People:
    """The users who are wanted, up to `SHOWN`; one query. Days are in UTC."""
    text = PEOPLE.format(
        active=IS_ACTIVE,
        order=wanted.order.sql,
        who=NAMED if wanted.search else BUSY,
        last_run=LAST_RUN,
    )
    given: dict[str, date | bool | str | int] = {
        "month": today.replace(day=1),
        "since": today - timedelta(days=SPARK_DAYS - 1),
        "simulated": wanted.simulated,
        "like": f"%{_escaped(wanted.search)}%",
        "limit": SHOWN,
        "offset": wanted.offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(text, given)
        rows = cursor.fetchall()
    spent, unreal, runs, found = rows[0][:4]
    shown = [_person(row[4:]) for row in rows if row[4] is not None]
    return People(shown, found or 0, spent, unreal, int(runs))


def _escaped(text: str) -> str:
    """The text itself, for LIKE."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return text


def _person(row: Sequence[Any]) -> Person:
    pk, name, email, deleted_at, is_active, *figures, days = row
    user = User(pk=pk, name=name, email=email, deleted_at=deleted_at, is_active=is_active)
    by_day = {date.fromisoformat(day): Decimal(usd) for day, usd in (from_json(days) or {}).items()}
    spent, unreal, held, unreal_held, runs, calls, active, ended, failed, last_run_at = figures
    return Person(
        user=user,
        spent_usd=spent,
        simulated_usd=unreal,
        held_usd=held,
        simulated_held_usd=unreal_held,
        runs=int(runs),
        calls=int(calls),
        active=active,
        ended=ended,
        failed=failed,
        last_run_at=last_run_at,
        by_day=by_day,
    )
