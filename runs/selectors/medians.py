"""What the runs of each pattern came to on this site: the middle of their costs and times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection

from runs.models import Run

MIN_RUNS = 10
# The newest runs of each pattern within 90 days, whatever their size: 24 short reads of the index
# `run_history` each. A run that was cancelled, bought nothing, or is a fork tells nothing.
RECENT = """
    SELECT
        recent.pattern, count(*),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY cost_usd),
        (percentile_disc(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY took)),
        count(*) FILTER (WHERE status = 'succeeded')
    FROM unnest(%(patterns)s::text[]) AS asked(pattern)
    CROSS JOIN LATERAL (
        SELECT alike.* FROM generate_series(1, 24) AS size
        CROSS JOIN LATERAL (
            SELECT pattern, status, cost_usd, finished_at, finished_at - started_at AS took
            FROM runs_run
            WHERE pattern = asked.pattern AND chosen_model = %(model)s
                AND simulated = %(simulated)s AND task_size = size
                AND finished_at > now() - interval '90 days'
                AND status IN ('succeeded', 'failed') AND llm_calls > 0 AND fork_step = ''
            ORDER BY finished_at DESC LIMIT %(most)s
        ) alike
        ORDER BY alike.finished_at DESC LIMIT %(most)s
    ) recent
    GROUP BY recent.pattern
"""
MOST_RUNS = 100


@dataclass(frozen=True, slots=True)
class Medians:
    """Of so many runs of one pattern: the middle cost and time, and how many succeeded.

    Eight of ten took between `shortest` and `longest`.
    """

    runs: int
    cost_usd: Decimal
    took: timedelta
    succeeded: int
    shortest: timedelta
    longest: timedelta

    @property
    def enough(self) -> bool:
        """True when there are enough runs to go by."""
        return self.runs >= MIN_RUNS

    @property
    def success(self) -> Decimal:
        """The part of them that succeeded, from 0 to 1, in two decimals."""
        return round(Decimal(self.succeeded) / self.runs, 2)


def medians(patterns: Sequence[str], model: str) -> dict[str, Medians]:
    """Of the newest runs with this model, by pattern; real and simulated ones stay apart.

    A pattern without any such run is left out.
    """
    like: dict[str, list[str] | str | bool | int] = {
        "patterns": list(patterns),
        "model": model,
        "simulated": settings.SIMULATED,
        "most": MOST_RUNS,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECENT, like)
        rows = cursor.fetchall()
    return {
        pattern: Medians(runs, cost_usd, middle, succeeded, shortest, longest)
        for pattern, runs, cost_usd, (shortest, middle, longest), succeeded in rows
    }


def alike(run: Run) -> Medians | None:
    """Of runs of its pattern with its model, once it has ended; None where they are too few.

    A run from the cache, or one that takes over steps, is no measure.
    """
    whole = run.ended and run.started_at is not None and not run.cache_hit and not run.fork_step
    if not whole or run.simulated != settings.SIMULATED:
        return None
    found = medians([run.pattern], run.chosen_model).get(run.pattern)
    return found if found and found.enough else None
