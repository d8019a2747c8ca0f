"""Spend in this hour that is far more than usual, of each token, each user and the site.

What a user spends without a token, as in the browser, is judged apart from the user's tokens.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import ApiToken
from billing.money import format_usd
from billing.statements import Statement, run
from runs.alert_models import Alert, Kind, SpendHour
from runs.alerts.finding import Finding
from runs.alerts.rate import HOUR, PAST, Usual, usual_of
from web.database_clock import database_time

SITE = "site"
# An hour is looked at until so long after its end, for what was spent in its last minute.
LATE = timedelta(minutes=10)
MOST = 1000
SPENT = """
    SELECT owner_id, api_token_id, sum(amount) FROM billing_ledgerentry
    WHERE held_at >= %s AND held_at < %s AND simulated = %s
    GROUP BY GROUPING SETS ((owner_id, api_token_id), ())
    HAVING sum(amount) >= %s ORDER BY 3 DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one spender has spent in an hour; the site's has no owner."""

    owner_id: int | None
    token_id: UUID | None
    amount: Decimal

    @property
    def spender(self) -> str:
        """As `SpendHour` names it."""
        if self.token_id:
            return f"token:{self.token_id}"
        return f"user:{self.owner_id}" if self.owner_id else SITE


def found() -> Iterator[Finding]:
    """The spenders whose spend in this hour, or in the one that has just ended, is unusual."""
    now = database_time()
    hours = dict.fromkeys(at.replace(minute=0, second=0, microsecond=0) for at in (now - LATE, now))
    for hour in hours:
        yield from _found_in(hour)


def _found_in(hour: datetime) -> Iterator[Finding]:
    told = set(
        Alert.objects.filter(
            kind__in=(Kind.SPEND_RATE, Kind.SITE_SPEND_RATE), starts_at=hour
        ).values_list("subject", flat=True)
    )
    spent = [one for one in _spent_in(hour) if one.spender not in told]
    past = _past([one.spender for one in spent], hour)
    unusual = [
        (one, usual)
        for one in spent
        if (usual := usual_of(past.get(one.spender, {}), hour))
        and one.amount > usual.limit(settings.ALERT_RATE_FACTOR)
    ]
    names = _names(one.token_id for one, _ in unusual)
    for one, usual in unusual:
        yield _finding(one, usual, hour, names)


def _spent_in(hour: datetime) -> list[Spent]:
    """Those who spent enough to be looked at, in one statement over the hour's lines."""
    given = (hour, hour + HOUR, settings.SIMULATED, settings.ALERT_RATE_MIN_USD, MOST)
    return run(Statement(SPENT, given, lambda rows: [Spent(*row) for row in rows]))


def _past(spenders: list[str], hour: datetime) -> dict[str, dict[datetime, Decimal]]:
    """What each spent in the hours of four weeks."""
    rows = SpendHour.objects.filter(
        spender__in=spenders, simulated=settings.SIMULATED, hour__gte=hour - PAST, hour__lt=hour
    )
    past: dict[str, dict[datetime, Decimal]] = {}
    for spender, at, amount in rows.values_list("spender", "hour", "amount"):
        past.setdefault(spender, {})[at] = amount
    return past


def _names(token_ids: Iterator[UUID | None]) -> Mapping[UUID, str]:
    tokens = ApiToken.objects.filter(pk__in=[pk for pk in token_ids if pk])
    return dict(tokens.values_list("pk", "name"))


def _finding(spent: Spent, usual: Usual, hour: datetime, names: Mapping[UUID, str]) -> Finding:
    return Finding(
        kind=Kind.SPEND_RATE if spent.owner_id else Kind.SITE_SPEND_RATE,
        subject=spent.spender,
        starts_at=hour,
        ends_at=hour + HOUR,
        owner_id=spent.owner_id,
        token_id=spent.token_id,
        data={"whose": _whose(spent, names), **_figures(spent, usual, hour)},
    )


def _figures(spent: Spent, usual: Usual, hour: datetime) -> dict[str, Any]:
    return {
        "token_id": str(spent.token_id) if spent.token_id else None,
        "hour": hour.isoformat(),
        "spent_usd": format_usd(spent.amount),
        "limit_usd": format_usd(usual.limit(settings.ALERT_RATE_FACTOR)),
        "factor": format_usd(settings.ALERT_RATE_FACTOR),
        "most_usd": format_usd(usual.most_usd),
        "most_at": usual.most_at.isoformat() if usual.most_at else None,
        "ordinary_usd": format_usd(usual.ordinary_usd),
        "hours": usual.hours,
        "simulated": settings.SIMULATED,
        "paused": False,
    }


def _whose(spent: Spent, names: Mapping[UUID, str]) -> str:
    if spent.token_id:
        return f"Token “{names.get(spent.token_id, spent.token_id)}”"
    return "You" if spent.owner_id else "The site"
