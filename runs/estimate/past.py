"""What runs alike came to, and how far the formula has been off: what estimates rest on."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from runs.engine.types import Spec
from runs.estimate.band import Band, band_of
from runs.selectors.medians import MIN_RUNS

# The newest runs of one size within 90 days, out of the index `run_history`; when they are too
# few, those of every size. A run that was cancelled, bought nothing, or is a fork tells nothing.
HISTORY = """
    WITH alike AS MATERIALIZED (
        SELECT cost_usd, llm_calls FROM runs_run
        WHERE pattern = %(pattern)s AND chosen_model = %(model)s AND simulated = %(simulated)s
            AND task_size = %(size)s AND finished_at > now() - interval '90 days'
            AND finished_at < coalesce(%(before)s::timestamptz, 'infinity')
            AND status IN ('succeeded', 'failed') AND llm_calls > 0 AND fork_step = ''
        ORDER BY finished_at DESC LIMIT 1000
    ), wider AS (
        SELECT r.cost_usd, r.llm_calls FROM generate_series(1, 24) AS size
        CROSS JOIN LATERAL (
            SELECT finished_at, cost_usd, llm_calls FROM runs_run
            WHERE pattern = %(pattern)s AND chosen_model = %(model)s AND simulated = %(simulated)s
                AND task_size = size AND finished_at > now() - interval '90 days'
                AND finished_at < coalesce(%(before)s::timestamptz, 'infinity')
                AND status IN ('succeeded', 'failed') AND llm_calls > 0 AND fork_step = ''
            ORDER BY finished_at DESC LIMIT 1000
        ) r
        WHERE (SELECT count(*) FROM alike) < %(least)s
        ORDER BY r.finished_at DESC LIMIT 1000
    ), sample AS (
        SELECT * FROM wider
        UNION ALL
        SELECT * FROM alike WHERE (SELECT count(*) FROM alike) >= %(least)s
    )
    SELECT
        count(*), min(llm_calls),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY llm_calls), max(llm_calls),
        array_agg(cost_usd ORDER BY cost_usd)
    FROM sample
"""
# What runs of a pattern cost, as a part of what the formula said: the newest ones of any model.
RATIOS = """
    SELECT count(*), array_agg(ratio ORDER BY ratio) FROM (
        SELECT actual_usd / formula_usd AS ratio FROM runs_runforecast
        WHERE pattern = %(pattern)s AND simulated = %(simulated)s AND formula_usd > 0
            AND scored_at < coalesce(%(before)s::timestamptz, 'infinity')
        ORDER BY scored_at DESC LIMIT 500
    ) newest
"""


class Calls(NamedTuple):
    """LLM calls of one run."""

    least: int
    typical: int
    most: int


class Past(NamedTuple):
    """What so many runs alike came to; US dollars."""

    runs: int
    calls: Calls
    usd: Band


class Ratios(NamedTuple):
    """What so many runs of a pattern cost, over what the formula said."""

    runs: int
    parts: Band


def likeness(spec: Spec) -> tuple[str, str, int] | None:
    """What runs alike have in common: pattern, model, and the task's size.

    None where a run has roles or wishes of its own: it is like no other.
    """
    if spec.roles or spec.reasoning_effort or spec.verbosity:
        return None
    return spec.pattern, spec.model, len(spec.task.encode()).bit_length()


def past_of(
    alike: tuple[str, str, int] | None, *, simulated: bool, before: datetime | None = None
) -> Past | None:
    """What runs alike came to that ended before a moment; None when they are too few."""
    if alike is None:
        return None
    pattern, model, size = alike
    like: dict[str, str | int | datetime | None] = {
        "pattern": pattern,
        "model": model,
        "size": size,
        "simulated": simulated,
        "before": before,
        "least": MIN_RUNS,
    }
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, like)
        runs, least, typical, most, costs = cursor.fetchone()
    if runs < MIN_RUNS:
        return None
    return Past(runs, Calls(least, typical, most), band_of(costs))


def ratios_of(pattern: str, *, simulated: bool, before: datetime | None = None) -> Ratios | None:
    """How far the formula was off in runs that were scored before a moment; None of too few."""
    like: dict[str, str | bool | datetime | None] = {
        "pattern": pattern,
        "simulated": simulated,
        "before": before,
    }
    with connection.cursor() as cursor:
        cursor.execute(RATIOS, like)
        runs, ratios = cursor.fetchone()
    return Ratios(runs, band_of(ratios)) if runs >= MIN_RUNS else None
