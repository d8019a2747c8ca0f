"""Equal runs that execute at once: one leads, which is to buy the answer, and the others wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from billing.statements import Row, Statement
from runs.cache.answers import KeptAnswer, stable_tools

# Equal runs whose answer this one waits for: the leader, and those that began to execute beside it
# and were submitted earlier. None of these waits for this one, so that nobody waits in a circle.
AHEAD = """
    SELECT r.id FROM runs_run r
    WHERE r.owner_id = me.owner_id AND r.cache_digest = me.cache_digest AND NOT r.cache_hit
        AND r.id <> me.id AND r.finished_at IS NULL AND r.status = 'running'
        AND (r.leads_epoch = r.epoch OR r.id < me.id)
"""
LEAD = f"""
    UPDATE runs_run me SET leads_epoch = me.epoch
    WHERE me.id = %s AND me.epoch = %s AND me.status = 'running' AND NOT EXISTS ({AHEAD})
    RETURNING me.id
"""  # noqa: S608 - our own names
# It is vain to wait where an equal run has just ended without an answer that is kept, or uses a
# tool that makes its answer none. A cancelled run shows nothing of the kind.
LOOK = f"""
    SELECT
        (SELECT min(id::text)::uuid FROM ({AHEAD}) ahead),
        EXISTS (
            SELECT 1 FROM runs_run r
            WHERE r.owner_id = me.owner_id AND r.cache_digest = me.cache_digest AND NOT r.cache_hit
                AND r.id <> me.id AND r.finished_at >= me.created_at
                AND r.status IN ('succeeded', 'failed')
        ) OR EXISTS (
            SELECT 1 FROM ({AHEAD}) ahead JOIN runs_step s ON s.run_id = ahead.id
            WHERE s.kind = 'tool' AND coalesce(s.request ->> 'tool', '') <> ALL (%s)
        )
    FROM runs_run me WHERE me.id = %s
"""  # noqa: S608 - our own names
TAKE = """
    UPDATE runs_run SET
        cache_hit = true, saved_usd = saved_usd + %s,
        -- Both were warned of the same models.
        warnings = coalesce((SELECT jsonb_agg(w ORDER BY n) FROM (
            SELECT w, min(n) AS n FROM jsonb_array_elements(warnings) WITH ORDINALITY e (w, n)
            GROUP BY w
        ) once), '[]'),
        paid_by_id = (SELECT id FROM runs_run WHERE id = %s FOR KEY SHARE)
    WHERE id = %s AND epoch = %s AND status = 'running'
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The equal run whose answer is waited for, if there is one, and whether that is vain."""

    ahead: UUID | None
    vain: bool


def lead(*, run_id: UUID, epoch: int) -> Statement[bool]:
    """Make an executing run the one that buys the answer; false where an equal one is ahead.

    Raises a violation of the constraint `run_leader` where another becomes it at the same moment.
    """
    return Statement(LEAD, (run_id, epoch), bool)


def standing(*, run_id: UUID) -> Statement[Standing]:
    """How an executing run stands among its equals."""
    return Statement(LOOK, (stable_tools(), run_id), _standing)


def take(*, run_id: UUID, epoch: int, kept: KeptAnswer) -> Statement[None]:
    """Say of an executing run that its answer is another one's, and what that saved."""
    given: tuple[Decimal, UUID, UUID, int] = (kept.cost_usd, kept.run_id, run_id, epoch)
    return Statement(TAKE, given, lambda rows: None)


def _standing(rows: Sequence[Row]) -> Standing:
    return Standing(*rows[0]) if rows else Standing(None, True)
