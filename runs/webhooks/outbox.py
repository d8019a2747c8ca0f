"""The messages in Postgres: which are due, and what came of them. Plain statements for workers.

A message that is claimed is leased: `due_at` is then the end of the lease, after which any worker
takes it up again. So it is sent at least once, whatever dies meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from billing.jsonb import jsonb
from runs.webhook_models import TEST, DeliveryStatus
from runs.webhooks.schedule import pause_after
from runs.webhooks.sending import Attempt

LEASE_S = 60
# To one receiver at a time; to one that fails, a single one.
AT_ONCE = 4
KEPT_ATTEMPTS = 20

# Each webhook with open messages is found by one look into an index, so that a long queue of one
# doesn't hide another's. Of one webhook, the messages under way count over all workers.
CLAIM = """
    WITH RECURSIVE receivers AS (
        (
            SELECT webhook_id FROM runs_webhookdelivery
            WHERE status IN ('waiting', 'sending') ORDER BY webhook_id LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT d.webhook_id FROM runs_webhookdelivery d
            WHERE d.status IN ('waiting', 'sending') AND d.webhook_id > r.webhook_id
            ORDER BY d.webhook_id LIMIT 1
        )
        FROM receivers r WHERE r.webhook_id IS NOT NULL
    ), due AS (
        SELECT d.id FROM receivers r
        JOIN runs_webhook w ON w.id = r.webhook_id
            AND w.enabled AND coalesce(w.paused_until, '-infinity') <= statement_timestamp()
        JOIN accounts_user u ON u.id = w.owner_id AND u.is_active
        CROSS JOIN LATERAL (
            SELECT d.id, d.due_at FROM runs_webhookdelivery d
            WHERE d.webhook_id = w.id AND d.status IN ('waiting', 'sending')
                AND d.due_at <= statement_timestamp()
            ORDER BY d.due_at
            LIMIT greatest(0, CASE WHEN w.failing_since IS NULL THEN %s ELSE 1 END - (
                SELECT count(*) FROM runs_webhookdelivery s
                WHERE s.webhook_id = w.id AND s.status = 'sending'
                    AND s.due_at > statement_timestamp()
            ))
            FOR UPDATE SKIP LOCKED
        ) d
        ORDER BY d.due_at LIMIT %s
    )
    UPDATE runs_webhookdelivery d SET
        status = 'sending', claims = d.claims + 1,
        due_at = statement_timestamp() + make_interval(secs => %s)
    FROM due, runs_webhook w WHERE d.id = due.id AND w.id = d.webhook_id
    RETURNING
        d.id, d.claims, d.tries, d.type, d.data, d.created_at, w.url,
        EXISTS (SELECT 1 FROM runs_internalreceiver i WHERE i.origin = w.origin),
        w.secret,
        CASE WHEN w.old_secret_until > statement_timestamp() THEN w.old_secret ELSE '' END,
        w.format,
        extract(epoch FROM statement_timestamp())::bigint
"""

# A webhook is switched off when a message had its last attempt and nothing reached the receiver
# since it was queued.
RECORD = """
    WITH given AS (
        SELECT * FROM jsonb_to_record(%s) AS g (
            id uuid, claims int, status text, pause_s float8, attempt jsonb, delivered boolean,
            gone boolean, spent boolean, asked_s float8, kept int
        )
    ), attempt AS (
        UPDATE runs_webhookdelivery d SET
            status = g.status, tries = d.tries + 1,
            due_at = statement_timestamp() + make_interval(secs => g.pause_s),
            attempts = CASE
                WHEN jsonb_array_length(d.attempts) < g.kept THEN d.attempts ELSE d.attempts - 0
            END || (g.attempt || jsonb_build_object(
                'at', to_char(
                    statement_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
                )
            )),
            delivered_at = CASE WHEN g.delivered THEN statement_timestamp() ELSE d.delivered_at END
        FROM given g WHERE d.id = g.id AND d.claims = g.claims AND d.status = 'sending'
        RETURNING d.webhook_id, d.queued_at, g.delivered, g.gone, g.spent, g.asked_s
    ), judged AS (
        SELECT a.*, CASE
            WHEN w.enabled AND a.gone THEN 'gone'
            WHEN w.enabled AND a.spent AND coalesce(w.delivered_at, '-infinity') < a.queued_at
                THEN 'failing'
            ELSE ''
        END AS off_reason
        FROM attempt a JOIN runs_webhook w ON w.id = a.webhook_id
    )
    UPDATE runs_webhook w SET
        delivered_at = CASE WHEN j.delivered THEN statement_timestamp() ELSE w.delivered_at END,
        failing_since = CASE
            WHEN NOT j.delivered THEN coalesce(w.failing_since, statement_timestamp())
        END,
        paused_until = CASE
            WHEN j.asked_s > 0 THEN statement_timestamp() + make_interval(secs => j.asked_s)
            ELSE w.paused_until
        END,
        enabled = w.enabled AND j.off_reason = '',
        off_reason = CASE j.off_reason WHEN '' THEN w.off_reason ELSE j.off_reason END,
        off_at = CASE j.off_reason WHEN '' THEN w.off_at ELSE statement_timestamp() END,
        off_told = w.off_told AND j.off_reason = ''
    FROM judged j WHERE w.id = j.webhook_id
    RETURNING j.off_reason
"""


class Database(Protocol):
    """Runs a statement, however long Postgres is away."""

    async def fetch(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        """Its rows."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is this worker's while its lease lasts; its secrets are sealed.

    `claimed_at` is Unix time.
    """

    id: UUID
    claims: int
    tries: int
    type: str
    data: dict[str, Any]
    created_at: datetime
    url: str
    internal: bool
    secret: str
    old_secret: str
    format: str
    claimed_at: int


async def claim(database: Database, limit: int) -> Sequence[Message]:
    """Take messages that are due, fairly among receivers."""
    rows = await database.fetch(CLAIM, AT_ONCE, limit, LEASE_S)
    return [Message(*row) for row in rows]


async def record(database: Database, message: Message, attempt: Attempt) -> str:
    """Keep what came of an attempt; returns why the webhook was switched off by it, if it was.

    Nothing, where the message is another worker's by now or was deleted.
    """
    pause_s = None
    if not (attempt.delivered or attempt.gone or message.type == TEST):
        pause_s = pause_after(message.tries + 1, attempt.asked_s)
    spent = pause_s is None and not attempt.delivered
    outcome = {
        "id": message.id,
        "claims": message.claims,
        "status": _status(attempt, spent),
        "pause_s": pause_s or 0.0,
        "attempt": _logged(attempt),
        "delivered": attempt.delivered,
        "gone": attempt.gone,
        "spent": spent and message.type != TEST,
        "asked_s": attempt.asked_s,
        "kept": KEPT_ATTEMPTS,
    }
    rows = await database.fetch(RECORD, jsonb(outcome))
    return str(rows[0][0]) if rows else ""


def _status(attempt: Attempt, spent: bool) -> str:
    if attempt.delivered:
        return DeliveryStatus.DELIVERED
    return DeliveryStatus.FAILED if spent else DeliveryStatus.WAITING


def _logged(attempt: Attempt) -> dict[str, Any]:
    return {
        "status": attempt.status,
        "error": attempt.error,
        "body": attempt.body,
        "duration_ms": attempt.duration_ms,
    }
