"""The worker's lease: a thread of its own that keeps it, hears of cancels, and sweeps the dead.

The thread wants a recent tick of the loop before it renews, so that a hung loop gives its runs up.
"""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from django.conf import settings

from billing.statements import Statement
from runs import functions
from runs.executor.database import OUTAGE
from runs.functions import Executing, Swept
from runs.services.cancel import CANCEL_CHANNEL
from web.connections import connection_info
from web.ids import uuid7

T = TypeVar("T")

BEAT_S = 1.0
FREED_CHANNEL = "billing_freed"

REGISTER = """
    INSERT INTO runs_worker (id, name, capacity, expires_at)
    VALUES (%s, %s, %s, now() + make_interval(secs => %s))
"""
RENEW = """
    UPDATE runs_worker SET seen_at = now(), expires_at = now() + make_interval(secs => %s)
    WHERE id = %s AND ended_at IS NULL RETURNING id
"""

logger = logging.getLogger(__name__)


class Lease:
    """Keeps one worker row alive.

    `on_mine(worker_id, before, runs)` gets what Postgres says this worker executes, as
    by run id; `before` is what `executing()` said just before it was asked.
    """

    def __init__(
        self,
        *,
        executing: Callable[[], dict[UUID, int]],
        on_mine: Callable[[dict[UUID, int], dict[UUID, Executing]], None],
        on_cancel: Callable[[UUID], None],
        on_freed: Callable[[], None],
        on_swept: Callable[[Swept], None],
    ) -> None:
        self.worker_id = uuid7()
        self.ready = threading.Event()
        self.last_tick = time.monotonic()
        self._executing = executing
        self._on_mine = on_mine
        self._on_cancel = on_cancel
        self._on_freed = on_freed
        self._on_swept = on_swept
        self._stop = threading.Event()
        self._lease_s: float = settings.WORKER_LEASE_S
        self._connected_at = 0.0
        self._swept_at = 0.0
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def start(self) -> None:
        """Register and begin to beat."""
        self._thread.start()

    def end(self) -> None:
        """Stop beating and say that the worker is gone, so that nobody waits for its lease."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _keep(self) -> None:
        """Connect, beat until the connection breaks, and again, until the worker ends."""
        while not self._stop.is_set():
            try:
                with psycopg.connect(connection_info(), autocommit=True) as connection:
                    connection.execute(f"LISTEN {CANCEL_CHANNEL}")
                    connection.execute(f"LISTEN {FREED_CHANNEL}")
                    self._connected_at = time.monotonic()
                    self._beat_until_stopped(connection)
                    connection.execute(
                        "UPDATE runs_worker SET ended_at = now() WHERE id = %s", [self.worker_id]
                    )
            except OUTAGE as error:
                logger.warning("no heartbeat: Postgres is away", extra={"error": str(error)})
                self._stop.wait(BEAT_S)
            except Exception:  # whatever it is, without this thread the worker is dead
                logger.exception("no heartbeat; trying again")
                self._stop.wait(BEAT_S)

    def _beat_until_stopped(self, connection: psycopg.Connection[Any]) -> None:
        while not self._stop.is_set():
            if time.monotonic() - self.last_tick < self._lease_s / 2:
                self._beat(connection)
            for notice in connection.notifies(timeout=BEAT_S):
                self._heard(notice)
                if self._stop.is_set():
                    break

    def _heard(self, notice: psycopg.Notify) -> None:
        if notice.channel == FREED_CHANNEL:
            self._on_freed()
            return
        with contextlib.suppress(ValueError):  # a payload that is none of ours
            self._on_cancel(UUID(notice.payload))

    def _beat(self, connection: psycopg.Connection[Any]) -> None:
        before = self._executing()
        renewed = connection.execute(RENEW, [self._lease_s, self.worker_id]).fetchone()
        if renewed is None:
            self._register(connection)
        self._on_mine(before, _run(connection, functions.executing(worker_id=self.worker_id)))
        self.ready.set()
        self._sweep(connection)

    def _register(self, connection: psycopg.Connection[Any]) -> None:
        """A new worker row; after an expiry that others have noticed, under a new id."""
        if self.ready.is_set():
            self.worker_id = uuid7()
        name = f"{socket.gethostname()}-{str(self.worker_id)[-4:]}"
        connection.execute(
            REGISTER, [self.worker_id, name, settings.WORKER_CAPACITY, self._lease_s]
        )

    def _sweep(self, connection: psycopg.Connection[Any]) -> None:
        """Take up dead workers' runs, but only after a full lease of being connected: right after
        an outage everybody's lease is over, and everybody deserves the time to renew it.
        """
        now = time.monotonic()
        if now - self._connected_at < self._lease_s or now - self._swept_at < self._lease_s / 5:
            return
        self._swept_at = now
        # Not for long: the next beat is due, and another sweep after it.
        while time.monotonic() - now < BEAT_S and not self._stop.is_set():
            if (swept := _run(connection, functions.sweep())) is None:
                break
            self._on_swept(swept)


def _run(connection: psycopg.Connection[Any], statement: Statement[T]) -> T:
    return statement.read(connection.execute(statement.text, statement.params).fetchall())
