"""Places in the queue, as the claim would serve it if nothing ended.

`next_queued` in `runs/sql/queue.sql` has the order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from runs.models import Run
from runs.states import Status

SLOTS = """(
    SELECT coalesce(sum(capacity), 0) FROM runs_worker
    WHERE ended_at IS NULL AND expires_at > now()
)::int"""
# How long runs take is asked of the newest ones that ended within an hour.
DURATION = """(
    SELECT extract(epoch FROM avg(finished_at - started_at)) FROM (
        SELECT started_at, finished_at FROM runs_run
        WHERE finished_at > now() - interval '1 hour' AND started_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT 500
    ) ended
)::float8"""
# The claim takes the user with the fewest runs executing, so that each of a user's runs stands
# behind all that others would have executing by then. Who waits for money is passed over.
PLACES = f"""
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
        WHERE r.status = 'queued' AND coalesce(r.concludes_by, r.deadline_at) > now()
    ), places AS (
        SELECT id, waits, turn, row_number() OVER (ORDER BY waits, turn, id) AS position FROM turns
    )
    SELECT
        p.id, p.position, p.waits, p.turn, {SLOTS},
        (SELECT coalesce(sum(executing), 0) FROM load)::int, {DURATION}
    FROM places p WHERE p.id = ANY(%s)
"""  # noqa: S608 - our own texts


# Of each owner, how many runs execute and how many are ready in the queue.
SUMMARY = """
    WITH load AS (
        SELECT owner_id, count(*) AS executing, 0 AS ready FROM runs_run
        WHERE status IN ('running', 'cancelling') GROUP BY owner_id
        UNION ALL
        SELECT owner_id, 0, count(*) FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NULL
            AND coalesce(concludes_by, deadline_at) > now()
        GROUP BY owner_id
    )
    SELECT owner_id, sum(executing)::int, sum(ready)::int FROM load GROUP BY owner_id
"""
PACE = f"SELECT {SLOTS}, {DURATION}"
# Of the runs that a worker could take now: they don't wait for money, and their owners have fewer
# runs executing than may be. One that has executed before came back with its last event. KEDA asks
# the same in deploy/kubernetes/scaling.yaml.
LONGEST_WAIT = """
    SELECT now() - min(ready.since) FROM (
        SELECT r.owner_id, coalesce((
            SELECT e.at FROM runs_runevent e
            WHERE r.started_at IS NOT NULL AND e.run_id = r.id AND e.seq = r.last_seq
        ), r.created_at) AS since
        FROM runs_run r
        WHERE r.status = 'queued' AND r.needs_usd IS NULL
            AND coalesce(r.concludes_by, r.deadline_at) > now()
    ) ready
    LEFT JOIN (
        SELECT owner_id, count(*) AS executing FROM runs_run
        WHERE status IN ('running', 'cancelling') GROUP BY owner_id
    ) busy USING (owner_id)
    WHERE coalesce(busy.executing, 0) < %s
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A run's place in the queue, from 1; `starts_in_s` is None while nothing is known."""

    position: int
    starts_in_s: float | None


def longest_wait() -> timedelta | None:
    """How long a run has waited that a worker could take now; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(LONGEST_WAIT, [settings.USER_CONCURRENCY])
        wait: timedelta | None = cursor.fetchone()[0]
    # The clock of a run's own transaction may be a little ahead.
    return None if wait is None else max(wait, timedelta(0))


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


@dataclass(slots=True)
class Queue:
    """The queue in sums, out of which the place of a run that joins it follows.

    Reading it takes as long as the queue; a place then takes as long as there are owners.
    """

    executing: dict[int, int]
    ready: dict[int, int]
    slots: int
    duration_s: float | None

    def join(self, owner_id: int) -> Place:
        """The place of one more run of this owner, which is counted from then on."""
        mine = self.ready.get(owner_id, 0)
        turn = self.executing.get(owner_id, 0) + mine + 1
        ahead = mine + sum(
            min(max(0, turn - self.executing.get(other, 0)), ready)
            for other, ready in self.ready.items()
            if other != owner_id
        )
        self.ready[owner_id] = mine + 1
        return Place(
            ahead + 1,
            starts_in_s(
                ahead + 1,
                turn,
                slots=self.slots,
                executing=sum(self.executing.values()),
                duration_s=self.duration_s,
            ),
        )


def present_queue() -> Queue:
    """The queue now; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(SUMMARY)
        rows = cursor.fetchall()
        cursor.execute(PACE)
        slots, duration_s = cursor.fetchone()
    return Queue(
        executing={owner: executing for owner, executing, _ in rows if executing},
        ready={owner: ready for owner, _, ready in rows if ready},
        slots=slots,
        duration_s=duration_s,
    )
