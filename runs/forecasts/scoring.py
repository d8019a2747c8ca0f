"""Scoring forecasts of what is over, and counting how often they held."""

from django.db import connection, transaction

# A run whose calls are in doubt is scored once its cost is known. One that was cancelled or bought
# nothing can't say anything: its forecast is dropped. A late correction of a cost changes no score.
SCORE_RUNS = """
    WITH ended AS (
        SELECT f.run_id, r.cost_usd, r.status <> 'cancelled' AND r.llm_calls > 0 AS counts
        FROM runs_runforecast f JOIN runs_run r ON r.id = f.run_id
        WHERE f.scored_at IS NULL AND r.finished_at IS NOT NULL AND r.in_doubt_usd = 0
        ORDER BY f.run_id LIMIT 10000
    ), dropped AS (
        DELETE FROM runs_runforecast f USING ended e WHERE f.run_id = e.run_id AND NOT e.counts
    )
    UPDATE runs_runforecast f SET actual_usd = e.cost_usd, scored_at = now()
    FROM ended e WHERE f.run_id = e.run_id AND e.counts AND f.scored_at IS NULL
"""
# A day later, when the calls that were held on the last one are settled.
SCORE_MONTHS = """
    UPDATE runs_monthforecast f SET scored_at = now(), actual_usd = coalesce((
        SELECT sum(u.amount) FROM billing_usagerollup u
        WHERE u.owner_id = f.owner_id AND u.simulated = f.simulated
            AND u.day >= date_trunc('month', f.day)
            AND u.day < date_trunc('month', f.day) + interval '1 month'
    ), 0)
    WHERE f.scored_at IS NULL
        AND date_trunc('month', f.day) + interval '1 month 1 day' <= now() AT TIME ZONE 'UTC'
"""
# Runs alike tell of 90 days as well; a user's page shows five months, and a year is a whole one.
FORGET_OLD = (
    "DELETE FROM runs_runforecast WHERE given_at < now() - interval '90 days'",
    "DELETE FROM runs_monthforecast WHERE given_at < now() - interval '400 days'",
)
# Of a month, the days on which its forecasts count: many of one month would seem to be more proof.
COUNT = """
    INSERT INTO runs_forecastrecord (
        simulated, pattern, model, basis, given_on, scored, below, above, error, bias
    )
    SELECT
        simulated, pattern, model, basis, given_on, count(*),
        count(*) FILTER (WHERE actual_usd < low_usd),
        count(*) FILTER (WHERE actual_usd > high_usd),
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY (abs(p50_usd - actual_usd) / nullif(actual_usd, 0))::float8
        ),
        (sum(p50_usd - actual_usd) / nullif(sum(actual_usd), 0))::float8
    FROM (
        SELECT
            simulated, pattern, model, basis, NULL::int AS given_on,
            low_usd, p50_usd, high_usd, actual_usd
        FROM runs_runforecast WHERE scored_at IS NOT NULL
        UNION ALL
        SELECT
            simulated, '', '', '', extract(day FROM day)::int,
            low_usd, p50_usd, high_usd, actual_usd
        FROM runs_monthforecast
        WHERE scored_at IS NOT NULL AND extract(day FROM day) IN (8, 15, 22)
    ) every
    GROUP BY simulated, pattern, model, basis, given_on
"""


def score() -> None:
    """Score what is over, forget what is old, and count anew how often the bands held."""
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time counts; readers don't wait.
        cursor.execute("LOCK TABLE runs_forecastrecord IN EXCLUSIVE MODE")
        cursor.execute(SCORE_RUNS)
        cursor.execute(SCORE_MONTHS)
        for statement in FORGET_OLD:
            cursor.execute(statement)
        cursor.execute("DELETE FROM runs_forecastrecord")
        cursor.execute(COUNT)
