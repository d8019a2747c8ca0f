"""A month of a bill: from its first moment to that of the next one, where its reader lives."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from accounts.models import User
from billing.models import Budget
from billing.sql import schema

KEY = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
# As budgets have it: a month begins at the same moment as its windows.
SPAN = f"""
    SELECT start, {schema("billing")}.period_end('month', %(zone)s, start), now()
    FROM (SELECT {schema("billing")}.period_start('month', %(zone)s, %(within)s)) AS month (start)
"""  # noqa: S608 - our own names


class NoSuchMonth(ValueError):
    """It isn't written as `2026-11`."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in a time zone; `ends_at` belongs to the next one."""

    first: date
    timezone: str
    starts_at: datetime
    ends_at: datetime
    over: bool

    @property
    def key(self) -> str:
        """As addresses have it: `2026-11`."""
        return f"{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def before(self) -> str:
        """The key of the month before."""
        return self._key(-1)

    @property
    def after(self) -> str:
        """The key of the next month."""
        return self._key(1)

    def _key(self, by: int) -> str:
        years, month = divmod(self.first.month - 1 + by, 12)
        return f"{self.first.year + years}-{month + 1:02}"


def month_of(key: str, timezone: str) -> Month:
    """The month with this key in a time zone, by the database's calendar. Raises `NoSuchMonth`."""
    found = KEY.fullmatch(key)
    if found is None:
        raise NoSuchMonth(f"There is no month “{key}”: write it as 2026-11.")
    first = date(int(found[1]), int(found[2]), 1)
    within = datetime(first.year, first.month, 15, 12, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute(SPAN, {"zone": timezone, "within": within})
        (row,) = cursor.fetchall()
    starts_at, ends_at, now = row
    return Month(first, timezone, starts_at, ends_at, over=ends_at <= now)


def zone_of(user: User) -> str:
    """The time zone of a user's bills: of the user's own budget, else of the site's, else UTC.

    Of several, a month's comes before a day's, and the older one first.
    """
    found = Budget.objects.exclude(period=Budget.Period.TOTAL)
    for budgets in (found.filter(user=user), found.filter(scope=Budget.Scope.SITE)):
        # `month` comes after `day`.
        zone = budgets.order_by("-period", "created_at").values_list("timezone", flat=True).first()
        if zone is not None:
            return zone
    return "UTC"
