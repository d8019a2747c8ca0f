"""The spend of hours that are over, summed up once each, so that no look back reads the ledger."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max
from django.db.models.functions import Now

from billing.statements import Statement, run
from runs.alert_models import SpendHour
from runs.alerts.rate import HOUR, PAST

# An hour is summed up so long after its end: calls that were held in it have mostly settled.
LATE = timedelta(minutes=10)
# A new site, or one that was away, catches up over some sweeps.
AT_A_TIME = 24

# The site has a line for each hour, also for one without any spend: the newest says how far it is.
SUM_UP = """
    INSERT INTO runs_spendhour (spender, simulated, hour, amount)
    SELECT coalesce('token:' || api_token_id, 'user:' || owner_id, 'site'), simulated, %(hour)s,
        sum(amount)
    FROM billing_ledgerentry
    WHERE held_at >= %(hour)s AND held_at < %(hour)s + interval '1 hour'
    GROUP BY GROUPING SETS ((simulated, owner_id, api_token_id), (simulated))
    UNION ALL VALUES ('site', false, %(hour)s, 0), ('site', true, %(hour)s, 0)
    ON CONFLICT ON CONSTRAINT spend_hour_unique DO NOTHING
"""
ENDED = "SELECT date_trunc('hour', statement_timestamp() - %s::interval, 'UTC')"


def sum_up() -> int:
    """Sum up the hours that ended since the last time; returns how many. Safe to repeat."""
    ended: Statement[datetime] = Statement(ENDED, (LATE,), lambda rows: rows[0][0])
    end = run(ended)
    with connection.cursor() as cursor:
        last: datetime | None = SpendHour.objects.filter(spender="site").aggregate(
            last=Max("hour")
        )["last"]
        hour = end - PAST if last is None else max(last + HOUR, end - PAST)
        done = 0
        while hour < end and done < AT_A_TIME:
            cursor.execute(SUM_UP, {"hour": hour})
            hour, done = hour + HOUR, done + 1
    return done


def forget_old() -> None:
    """Delete what no comparison reaches any more."""
    SpendHour.objects.filter(hour__lt=Now() - PAST - timedelta(days=1)).delete()
