"""Money in doubt: of each run once a day, and of the site while there is much of it."""

from collections.abc import Iterator

from django.conf import settings

from billing.models.ledger import FROM_IN_DOUBT
from billing.money import format_usd
from billing.statements import Statement, run
from runs.alert_models import Kind
from runs.alerts.finding import Finding

MOST = 1000

OF_RUNS = f"""
    SELECT l.run_id, l.owner_id, date_trunc('day', l.charged_at, 'UTC') AS day, l.simulated,
        count(*), sum(l.amount)
    {FROM_IN_DOUBT} AND l.charged_at > now() - interval '7 days'
        AND NOT EXISTS (
            SELECT 1 FROM runs_alert a
            WHERE a.kind = 'doubt' AND a.subject = l.run_id::text
                AND a.starts_at = date_trunc('day', l.charged_at, 'UTC')
        )
    GROUP BY 1, 2, 3, 4 ORDER BY 3, 1 LIMIT %s
"""  # noqa: S608 - our own names
OF_SITE = f"""
    SELECT date_trunc('day', now(), 'UTC'), count(*), coalesce(sum(l.amount), 0)
    {FROM_IN_DOUBT} AND l.simulated = %s
"""


def found() -> Iterator[Finding]:
    """The runs with calls in doubt, by the day on which they came into it; for their owners."""
    for run_id, owner_id, day, simulated, calls, amount in run(Statement(OF_RUNS, (MOST,), list)):
        yield Finding(
            kind=Kind.DOUBT,
            subject=str(run_id),
            starts_at=day,
            owner_id=owner_id,
            data={
                "run_id": str(run_id),
                "calls": calls,
                "amount_usd": format_usd(amount),
                "simulated": simulated,
            },
        )


def found_on_site() -> Iterator[Finding]:
    """All that is in doubt, once a day while it is much; for staff."""
    ((day, calls, amount),) = run(Statement(OF_SITE, (settings.SIMULATED,), list))
    if calls and amount >= settings.ALERT_DOUBT_USD:
        data = {
            "calls": calls,
            "amount_usd": format_usd(amount),
            "min_usd": format_usd(settings.ALERT_DOUBT_USD),
            "simulated": settings.SIMULATED,
        }
        yield Finding(kind=Kind.SITE_DOUBT, subject="site", starts_at=day, data=data)
