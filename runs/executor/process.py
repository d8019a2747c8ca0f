"""One worker process: a thread with an asyncio loop that claims runs and executes them."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from django.conf import settings
from structlog.contextvars import bind_contextvars

from runs import functions
from runs.executor.execute import execute
from runs.executor.isolated.parent import execute_suspect
from runs.executor.lease import Lease
from runs.executor.listings import keep_reading
from runs.executor.live import RunLive
from runs.executor.loop import new_loop
from runs.executor.reconciling import keep_reconciling
from runs.executor.resources import open_resources
from runs.executor.signals import RunStop
from runs.executor.switches import keep_stopping
from runs.functions import Claimed, Executing, Swept
from runs.webhooks.delivering import keep_delivering

LOOK_S = 2.0
TICK_S = 0.5
CUT_S = 3.0

logger = logging.getLogger(__name__)


class WorkerProcess:
    """Starts with `start`, is woken by `wake`, ends with `stop`. Safe to call from any thread."""

    def __init__(self) -> None:
        self._active: dict[UUID, tuple[int, RunStop]] = {}
        self._strays: dict[UUID, Executing] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = new_loop()
        self._look = asyncio.Event()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run_loop, name="runs", daemon=True)
        self._lease = Lease(
            executing=self._executing,
            on_mine=self._threadsafe(self._compare),
            on_cancel=self._threadsafe(self._cancel),
            on_freed=self._threadsafe(self._money_freed),
            on_swept=self._threadsafe(self._swept),
        )

    def start(self) -> None:
        """Begin to claim runs, in a thread."""
        self._thread.start()

    def wake(self) -> None:
        """Look for queued runs now."""
        self._loop.call_soon_threadsafe(self._look.set)

    def stop(self) -> None:
        """Claim nothing more, let calls in flight end for a grace, hand the runs back."""
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(timeout=settings.WORKER_GRACE_S + CUT_S + 5)

    def _executing(self) -> dict[UUID, int]:
        return {run_id: epoch for run_id, (epoch, _) in list(self._active.items())}

    def _threadsafe(self, function: Callable[..., None]) -> Callable[..., None]:
        def call(*args: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(function, *args)

        return call

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        except Exception:
            logger.exception("the worker's loop failed")
        finally:
            self._lease.end()
            self._loop.close()

    async def _main(self) -> None:
        async with open_resources() as self._resources:
            self._lease.start()
            tick = asyncio.create_task(self._tick())
            claims = asyncio.create_task(self._claim_always())
            reading = asyncio.create_task(keep_reading())
            database = self._resources.database
            webhooks = asyncio.create_task(keep_delivering(database, self._ending))
            reconciling = asyncio.create_task(keep_reconciling(database, self._ending))
            stopping = asyncio.create_task(keep_stopping(database, self._ending))
            await self._ending.wait()
            self._look.set()
            # A claim under way ends first: what it brings is handed back with the rest.
            await asyncio.wait({claims}, timeout=CUT_S)
            await self._drain()
            tasks = (claims, tick, reading, webhooks, reconciling, stopping)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tick(self) -> None:
        while True:
            self._lease.last_tick = time.monotonic()
            await asyncio.sleep(TICK_S)

    async def _claim_always(self) -> None:
        """Claim on each signal, at each run's end, and every two seconds."""
        while not self._ending.is_set():
            try:
                if self._lease.ready.is_set():
                    await self._claim()
            except Exception:  # a worker that holds a lease and claims nothing would look healthy
                logger.exception("claiming failed; trying again")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), LOOK_S)
            self._look.clear()

    async def _claim(self) -> None:
        free = settings.WORKER_CAPACITY - len(self._active)
        if free <= 0:
            return
        claim = functions.claim(
            worker_id=self._lease.worker_id, limit=free, user_cap=settings.USER_CONCURRENCY
        )
        for run in await self._resources.database.run(claim):
            # A reply that was late may tell of runs that were adopted meanwhile.
            if run.run_id not in self._active:
                self._begin(run)

    def _begin(self, run: Claimed) -> None:
        run_id, epoch = run.run_id, run.epoch
        stop = RunStop()
        live = RunLive(run_id, self._resources.publisher)
        live.events(run.events)
        self._active[run_id] = (epoch, stop)
        execution = execute_suspect if run.suspect else execute
        task = asyncio.create_task(
            self._execute(
                run_id, epoch, stop, execution(run_id, epoch, stop, live, self._resources)
            )
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _execute(
        self, run_id: UUID, epoch: int, stop: RunStop, execution: Coroutine[Any, Any, bool]
    ) -> None:
        look = True
        # A task has a context of its own, so that this names no other run.
        bind_contextvars(run=str(run_id))
        try:
            # A run that went back to wait for money is not claimed again at once.
            look = await execution
        except Exception:
            # Counts as a death, so that a fault of ours can't take the run up again for ever.
            logger.exception("run could not be executed", extra={"run": str(run_id)})
            abandon = functions.abandon(run_id=run_id, epoch=epoch)
            answer = await self._resources.database.run(abandon)
            RunLive(run_id, self._resources.publisher).events(answer.events)
        finally:
            if self._active.get(run_id) == (epoch, stop):
                del self._active[run_id]
            if look:
                self._look.set()

    async def _drain(self) -> None:
        """The end of the process: first politely, then by force."""
        for _, stop in self._active.values():
            stop.drain("shutdown")
        await self._wait_for_runs(settings.WORKER_GRACE_S)
        for _, stop in self._active.values():
            stop.halt("shutdown")
        await self._wait_for_runs(CUT_S)
        for task in self._tasks:
            task.cancel()
        await self._wait_for_runs(1)

    async def _wait_for_runs(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _compare(self, before: dict[UUID, int], mine: dict[UUID, Executing]) -> None:
        """Hold what we execute against what Postgres says is ours."""
        for run_id, epoch in before.items():
            known = mine.get(run_id)
            if known is None or known.epoch != epoch:
                self._halt(run_id, epoch, "lost")
            elif known.status == "cancelling":
                self._halt(run_id, epoch, "cancelled")
        self._adopt({run_id: row for run_id, row in mine.items() if run_id not in self._active})

    def _adopt(self, strays: dict[UUID, Executing]) -> None:
        """Execute runs that are ours, seen twice, though nothing here does: the reply to the claim
        that gave them to us was lost.
        """
        for run_id in strays.keys() & self._strays.keys():
            if strays[run_id].epoch == self._strays[run_id].epoch and not self._ending.is_set():
                stray = strays.pop(run_id)
                self._begin(Claimed(run_id, stray.epoch, stray.suspect, ()))
        self._strays = strays

    def _halt(self, run_id: UUID, epoch: int, reason: str) -> None:
        active_epoch, stop = self._active.get(run_id, (None, None))
        if stop is not None and active_epoch == epoch:
            stop.halt(reason)

    def _cancel(self, run_id: UUID) -> None:
        if run_id in self._active:
            self._active[run_id][1].halt("cancelled")

    def _money_freed(self) -> None:
        """Wake the calls and the claims that wait for money."""
        self._resources.freed.ring()
        self._look.set()

    def _swept(self, swept: Swept) -> None:
        RunLive(swept.run_id, self._resources.publisher).events(swept.events)
        self._look.set()
