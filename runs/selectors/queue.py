"""Places in the queue, as the claim would serve it if nothing ended.

`next_queued` in `runs/sql/queue.sql` has the order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from runs.models import Run
from runs.states import Status

# The claim takes the user with the fewest runs executing, so that each of a user's runs stands
# behind all that others would have executing by then. Who waits for money is passed over.
# How long runs take is asked of the newest ones that ended within an hour.
PLACES = """
    WITH load AS (
        SELECT owner_id, count(*) AS executing FROM runs_run
        WHERE status IN ('running', 'cancelling') GROUP BY owner_id
    ), turns AS (
        SELECT
            r.id, r.needs_usd IS NOT NULL AS waits,
            coalesce(l.executing, 0) + row_number() OVER (
                PARTITION BY r.owner_id, r.needs_usd IS NOT NULL ORDER BY r.id
            ) AS turn
        FROM runs_run r LEFT JOIN load l USING (owner_id)
        WHERE r.status = 'queued' AND r.deadline_at > now()
    ), places AS (
        SELECT id, waits, turn, row_number() OVER (ORDER BY waits, turn, id) AS position FROM turns
    ), ended AS (
        SELECT started_at, finished_at FROM runs_run
        WHERE finished_at > now() - interval '1 hour' AND started_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT 500
    )
    SELECT
        p.id, p.position, p.waits, p.turn,
        (
            SELECT coalesce(sum(capacity), 0) FROM runs_worker
            WHERE ended_at IS NULL AND expires_at > now()
        )::int,
        (SELECT coalesce(sum(executing), 0) FROM load)::int,
        (SELECT extract(epoch FROM avg(finished_at - started_at)) FROM ended)::float8
    FROM places p WHERE p.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A run's place in the queue, from 1; `starts_in_s` is None while nothing is known."""

    position: int
    starts_in_s: float | None


def queue_places(runs: Iterable[Run]) -> dict[UUID, Place]:
    """The places of those runs that wait; one query, none if none waits."""
    waiting = [run.pk for run in runs if run.status == Status.QUEUED]
    if not waiting:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [waiting])
        rows = cursor.fetchall()
    return {
        run_id: Place(
            position,
            None
            if waits
            else starts_in_s(
                position, turn, slots=slots, executing=executing, duration_s=duration_s
            ),
        )
        for run_id, position, waits, turn, slots, executing, duration_s in rows
    }


def starts_in_s(
    position: int, turn: int, *, slots: int, executing: int, duration_s: float | None
) -> float | None:
    """Seconds until so many runs have ended that this one's turn has come.

    Runs end at `slots` in every `duration_s`, and a user's own at the per-user cap in the same
    time; `turn` is the number of its user's runs that execute once it has started. None without
    workers, and while it has to wait and nothing has ended lately.
    """
    cap = settings.USER_CONCURRENCY
    if not slots:
        return None
    ends, own_ends = position - max(0, slots - executing), turn - cap
    if ends <= 0 and own_ends <= 0:
        return 0.0
    if duration_s is None:
        return None
    return round(max(ends / slots, own_ends / cap) * duration_s, 1)
