"""One worker process: a thread with an asyncio loop that claims runs and executes them."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings

from runs.engine.openai_model import OpenAIModel
from runs.executor.database import Database
from runs.executor.execute import Surroundings, execute
from runs.executor.lease import Lease
from runs.executor.live import Publisher, RunLive
from runs.executor.prices import Prices
from runs.executor.stop import RunStop

LOOK_S = 2.0
TICK_S = 0.5
CUT_S = 3.0
CLAIM = "SELECT run_id, run_epoch, run_events FROM runs_claim_v1(%s, %s)"

logger = logging.getLogger(__name__)


class WorkerProcess:
    """Starts with `start`, is woken by `wake`, ends with `stop`. Safe to call from any thread."""

    def __init__(self) -> None:
        self._active: dict[UUID, tuple[int, RunStop]] = {}
        self._strays: dict[UUID, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = _new_loop()
        self._look = asyncio.Event()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run_loop, name="runs", daemon=True)
        self._lease = Lease(
            executing=self._executing,
            on_mine=self._threadsafe(self._compare),
            on_cancel=self._threadsafe(self._cancel),
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
        database = Database()
        await database.open()
        publisher = Publisher()
        model = OpenAIModel(
            base_url=settings.PROVIDER_BASE_URL or None,
            api_key=settings.PROVIDER_API_KEY,
            read_timeout_s=settings.PROVIDER_TIMEOUT_S,
        )
        self._around = Surroundings(database, Prices(), publisher, model)
        self._lease.start()
        background = [
            asyncio.create_task(publisher.run()),
            asyncio.create_task(self._tick()),
            asyncio.create_task(self._claim_always()),
        ]
        await self._ending.wait()
        background[-1].cancel()
        await self._drain()
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await publisher.close()
        await model.close()
        await database.close()

    async def _tick(self) -> None:
        while True:
            self._lease.last_tick = time.monotonic()
            await asyncio.sleep(TICK_S)

    async def _claim_always(self) -> None:
        """Claim on each signal, at each run's end, and every two seconds."""
        while True:
            if self._lease.ready.is_set():
                await self._claim()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), LOOK_S)
            self._look.clear()

    async def _claim(self) -> None:
        free = settings.WORKER_CAPACITY - len(self._active)
        if free <= 0:
            return
        claimed = await self._around.database.fetch(CLAIM, self._lease.worker_id, free)
        for run_id, epoch, events in claimed:
            # A reply that was late may tell of runs that were adopted meanwhile.
            if run_id not in self._active:
                self._begin(run_id, epoch, events)

    def _begin(self, run_id: UUID, epoch: int, events: list[dict[str, Any]]) -> None:
        stop = RunStop()
        live = RunLive(run_id, self._around.publisher)
        live.events(events)
        self._active[run_id] = (epoch, stop)
        task = asyncio.create_task(self._execute(run_id, epoch, stop, live))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _execute(self, run_id: UUID, epoch: int, stop: RunStop, live: RunLive) -> None:
        try:
            await execute(run_id, epoch, stop, live, self._around)
        finally:
            if self._active.get(run_id) == (epoch, stop):
                del self._active[run_id]
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

    async def _wait_for_runs(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _compare(self, before: dict[UUID, int], mine: dict[UUID, tuple[int, str]]) -> None:
        """Hold what we execute against what Postgres says is ours."""
        for run_id, epoch in before.items():
            known_epoch, status = mine.get(run_id, (None, ""))
            if known_epoch != epoch:
                self._halt(run_id, epoch, "lost")
            elif status == "cancelling":
                self._halt(run_id, epoch, "cancelled")
        self._adopt({run: epoch for run, (epoch, _) in mine.items() if run not in self._active})

    def _adopt(self, strays: dict[UUID, int]) -> None:
        """Execute runs that are ours, seen twice, though nothing here does: the reply to the claim
        that gave them to us was lost.
        """
        for run_id in strays.keys() & self._strays.keys():
            if strays[run_id] == self._strays[run_id] and not self._ending.is_set():
                self._begin(run_id, strays.pop(run_id), [])
        self._strays = strays

    def _halt(self, run_id: UUID, epoch: int, reason: str) -> None:
        active_epoch, stop = self._active.get(run_id, (None, None))
        if stop is not None and active_epoch == epoch:
            stop.halt(reason)

    def _cancel(self, run_id: UUID) -> None:
        if run_id in self._active:
            self._active[run_id][1].halt("cancelled")

    def _swept(self, run_id: UUID, events: list[dict[str, Any]]) -> None:
        RunLive(run_id, self._around.publisher).events(events)
        self._look.set()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # no wheel for this platform
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
