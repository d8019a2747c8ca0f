"""How many tokens other models used for the same work on this site."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from billing.money import ModelPrices
from billing.pricing import offered_models
from runs.models import Run

# The site's forks with another model, beside what their sources bought after the step at which they
# were forked; and the owner's newest runs of the same task and pattern, beside the run itself.
# Charges in doubt have no tokens of their own, and the lines that reverse them are in doubt too.
PAIRS = """
    WITH pairs AS (
        (
            SELECT f.id AS other, f.chosen_model AS model, s.id AS source
            FROM runs_run f JOIN runs_run s ON s.id = f.forked_from_id
            WHERE f.forked_from_id IS NOT NULL AND f.finished_at > now() - interval '90 days'
                AND f.status = 'succeeded' AND s.status = 'succeeded'
                AND f.simulated = %(simulated)s AND s.simulated = %(simulated)s
                AND s.chosen_model = %(model)s AND f.chosen_model = ANY (%(others)s)
                AND coalesce(f.config -> 'roles', '{}') = '{}'
                AND coalesce(s.config -> 'roles', '{}') = '{}'
                AND NOT jsonb_exists(f.deleted_details, 'steps')
            ORDER BY f.id DESC LIMIT 500
        )
        UNION ALL
        SELECT o.id, o.chosen_model, %(run)s FROM (
            SELECT * FROM runs_run WHERE owner_id = %(owner)s ORDER BY id DESC LIMIT 500
        ) o
        WHERE %(task)s <> '' AND o.task = %(task)s AND o.pattern = %(pattern)s
            AND o.status = 'succeeded' AND NOT o.cache_hit AND o.fork_step = ''
            AND o.simulated = %(simulated)s AND o.chosen_model = ANY (%(others)s)
            AND coalesce(o.config -> 'roles', '{}') = '{}'
    )
    SELECT p.model, theirs.input, theirs.output, ours.input, ours.output
    FROM pairs p
    CROSS JOIN LATERAL (
        SELECT
            sum(fresh_input_tokens + cached_input_tokens + cache_write_tokens) AS input,
            sum(output_tokens) AS output
        FROM billing_ledgerentry l WHERE l.run_id = p.other AND l.confidence <> 'in_doubt'
    ) theirs
    CROSS JOIN LATERAL (
        SELECT
            sum(fresh_input_tokens + cached_input_tokens + cache_write_tokens) AS input,
            sum(output_tokens) AS output
        FROM billing_ledgerentry l WHERE l.run_id = p.source AND l.confidence <> 'in_doubt'
            AND NOT EXISTS (
                SELECT 1 FROM runs_step t
                WHERE t.run_id = p.other AND t.key = l.step_key AND t.taken_usd IS NOT NULL
            )
    ) ours
    WHERE theirs.input > 0 AND theirs.output > 0 AND ours.input > 0 AND ours.output > 0
"""


class Ratio(NamedTuple):
    """The tokens of one model for the same work, over those of another."""

    input: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class OtherModels:
    """The other models that this site offers, and what was seen of them beside the run's own."""

    prices: Mapping[str, ModelPrices]
    seen: Mapping[str, Sequence[Ratio]]


def other_models(run: Run) -> OtherModels:
    """Today's prices, and the ratios of tokens by model. Three queries."""
    prices = {
        model: known
        for model, known in offered_models().items()
        if known and model != run.chosen_model
    }
    return OtherModels(prices, _ratios(run, prices))


def _ratios(run: Run, others: Collection[str]) -> dict[str, list[Ratio]]:
    """A run with roles has tokens of several models, and one that was forked has only a part."""
    if run.config.get("roles"):
        return {}
    asked: dict[str, UUID | int | str | bool | list[str]] = {
        "run": run.pk,
        "owner": run.owner_id,
        "task": "" if run.fork_step else run.task,
        "pattern": run.pattern,
        "simulated": run.simulated,
        "model": run.chosen_model,
        "others": list(others),
    }
    found: defaultdict[str, list[Ratio]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, asked)
        for model, *tokens in cursor.fetchall():
            theirs_in, theirs_out, ours_in, ours_out = (Decimal(count) for count in tokens)
            found[model].append(Ratio(theirs_in / ours_in, theirs_out / ours_out))
    return dict(found)
