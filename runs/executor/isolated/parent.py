"""A suspect seen from its worker: executed in a child process, whose death blames the run alone."""

import asyncio
import contextlib
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from uuid import UUID

from django.conf import settings

from runs import functions
from runs.executor.execute import hand_back
from runs.executor.live import RunLive
from runs.executor.resources import Resources
from runs.executor.signals import RunStop

# Imports take a second of CPU time, which is minutes on a machine so busy that it would need them
# again after a kill.
MAX_START_S = 180.0
# A child that is silent for so many leases hangs. It may miss one half: perhaps the worker hung.
SILENT_LEASES = 4
PAUSE_S = 5.0

logger = logging.getLogger(__name__)


async def execute_suspect(
    run_id: UUID, epoch: int, stop: RunStop, live: RunLive, resources: Resources
) -> bool:
    """Execute the run in a process of its own, under this worker's lease.

    When that process dies or hangs, the run fails as poisoned. One that never began proves nothing:
    the run is handed back. Returns true, as `execute` does of all but runs that wait for money.
    """
    began, code = await _outcome(run_id, epoch, stop)
    if code == 0:
        return True
    logger.error(
        "the process of a suspect died",
        extra={"run": str(run_id), "exit_code": code, "began": began},
    )
    if began:
        answer = await resources.database.run(functions.poison(run_id=run_id, epoch=epoch))
    else:
        await asyncio.sleep(PAUSE_S)
        answer = await hand_back(run_id, epoch, resources)
    live.events(answer.events)
    return True


async def _outcome(run_id: UUID, epoch: int, stop: RunStop) -> tuple[bool, int | None]:
    """Whether the child began the run, and how it exited: None when it could not be started."""
    try:
        child = await _start(run_id, epoch)
    except OSError:
        logger.exception("no process for a suspect", extra={"run": str(run_id)})
        return False, None
    relay = asyncio.create_task(_relay(stop, child))
    try:
        return await _watch(child), await child.wait()
    finally:
        relay.cancel()
        _kill(child)


async def _start(run_id: UUID, epoch: int) -> Process:
    """The child, in a session of its own, so that only this worker stops it."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "runs.executor.isolated",
        str(run_id),
        str(epoch),
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )


async def _relay(stop: RunStop, child: Process) -> None:
    """Pass on what the run is asked, until cancelled or until the child is gone."""
    pipe = child.stdin
    with contextlib.suppress(ConnectionError):
        while pipe is not None:
            await stop.wait_changed()
            order = {"reason": stop.reason, "halt": stop.halted}
            pipe.write(json.dumps(order).encode() + b"\n")
            await pipe.drain()


async def _watch(child: Process) -> bool:
    """Read signs of life until there are no more; kill a child that hangs. True when it began."""
    began = False
    missed = 0
    signs = child.stdout
    while signs is not None:
        most_s = settings.WORKER_LEASE_S * SILENT_LEASES if began else MAX_START_S
        try:
            sign = await asyncio.wait_for(signs.read(1024), most_s / 2)
        except TimeoutError:
            missed += 1
            if missed == 2:
                _kill(child)
            continue
        if not sign:
            break
        began = True
        missed = 0
    return began


def _kill(child: Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
