"""A month of a bill: from its first moment to that of the next one, where its reader lives."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.urls import register_converter

from accounts.models import User
from billing.models import Budget
from billing.sql import schema

# A month as addresses have it, such as `2026-11`, and the first days of the months that there are.
KEY = "20[0-9]{2}-(?:0[1-9]|1[0-2])"
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 1)
# As budgets have it: a month begins at the same moment as its windows.
SPAN = f"""
    SELECT start, {schema("billing")}.period_end('month', %(zone)s, start), now()
    FROM (SELECT {schema("billing")}.period_start('month', %(zone)s, %(within)s)) AS month (start)
"""  # noqa: S608 - our own names


class MonthConverter:
    """`<month:month>` in a route: the first day of a month that an address names."""

    regex = KEY

    def to_python(self, value: str) -> date:
        """Its first day."""
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date) -> str:
        """As the address has it."""
        return f"{value:%Y-%m}"


register_converter(MonthConverter, "month")


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
    def before(self) -> date | None:
        """The first day of the month before; None where there is none."""
        return (self.first - timedelta(days=1)).replace(day=1) if self.first > FIRST else None

    @property
    def after(self) -> date | None:
        """The first day of the next month; None where there is none."""
        return self.last + timedelta(days=1) if self.first < LAST else None


def month_of(first: date, timezone: str) -> Month:
    """The month with this first day in a time zone, by the database's calendar."""
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
