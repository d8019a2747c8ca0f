"""What was spent each day, by what cost most: the series of a chart, from the daily sums."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import User

# By what, and the sums that know it; those by user alone are few.
KEYS = {
    "user": ("owner_id", "billing_spendtally"),
    "model": ("model", "billing_usagerollup"),
    "pattern": ("pattern", "billing_usagerollup"),
}
SERIES = 5  # where there are more, the last one is the sum of the others
# A key that was charged is in it, whatever its charges come to.
DAILY = """
    WITH sums AS (
        SELECT day, {key} AS key, sum(amount) AS usd FROM {sums}
        WHERE day BETWEEN %(first)s AND %(last)s AND simulated = %(simulated)s {whose}
        GROUP BY 1, 2
    ), ranked AS (
        SELECT key, count(*) OVER () AS keys,
            least({series}, row_number() OVER (ORDER BY sum(usd) DESC, key)) AS place
        FROM sums GROUP BY key HAVING bool_or(usd <> 0)
    ), daily AS (
        SELECT place, max(keys) AS keys, min(key) AS key, day, sum(usd) AS usd
        FROM sums JOIN ranked USING (key) GROUP BY place, day
    )
    SELECT d.place, d.keys, d.key, d.day, d.usd, {names} FROM daily d {people}
    ORDER BY d.place, d.day
"""
JOIN_USERS = "LEFT JOIN accounts_user u ON u.id = d.key"


@dataclass(slots=True)
class Series:
    """One series: its key, or none for the sum of the others; `user` where the key is one's."""

    place: int
    key: str | None
    others: int = 0
    user: User | None = None
    amount: Decimal = Decimal(0)
    by_day: dict[date, Decimal] = field(default_factory=dict)


def daily_spend(
    group: str, *, first: date, last: date, simulated: bool, owner: User | None = None
) -> Sequence[Series]:
    """The dearest of a group of `KEYS` first, of these days (UTC, both included); one query.

    They add up to all that was charged. Without an owner, the whole site's.
    """
    by_user = group == "user"
    key, sums = KEYS[group]
    text = DAILY.format(
        key=key,
        sums=sums,
        series=SERIES,
        whose="AND owner_id = %(owner)s" if owner else "",
        names="u.name, u.email, u.deleted_at" if by_user else "NULL, NULL, NULL",
        people=JOIN_USERS if by_user else "",
    )
    with connection.cursor() as cursor:
        given: dict[str, date | bool | int | None] = {
            "first": first,
            "last": last,
            "simulated": simulated,
            "owner": owner.pk if owner else None,
        }
        cursor.execute(text, given)
        rows = cursor.fetchall()
    series: dict[int, Series] = {}
    for place, keys, key, day, usd, *person in rows:
        if place not in series:
            series[place] = _series(place, keys, key, person)
        series[place].by_day[day] = usd
        series[place].amount += usd
    return list(series.values())


def _series(place: int, keys: int, key: Any, person: Sequence[Any]) -> Series:
    if place == SERIES and keys > SERIES:
        return Series(place, None, others=keys - SERIES + 1)
    name, email, deleted_at = person
    user = User(name=name, email=email, deleted_at=deleted_at) if email else None
    return Series(place, str(key), user=user)
