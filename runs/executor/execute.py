"""Executing one claimed run, from its row to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from django.conf import settings

from runs import functions
from runs.engine.calls.closing import closing_bound
from runs.engine.clock import SystemClock
from runs.engine.errors import Fenced, Refused, Stopped
from runs.engine.ports import Ports
from runs.engine.registry import PATTERNS
from runs.engine.run import run as run_engine
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Result
from runs.executor.journal import PostgresJournal
from runs.executor.live import RunLive
from runs.executor.resources import Resources
from runs.executor.signals import RunStop
from runs.functions import Answer, Outcome
from runs.spec import spec_of_row

CUT_AFTER_DEADLINE_S = 30
READ_RUN = """
    SELECT extract(epoch FROM r.deadline_at - now()), u.is_active, r.provider, r.simulated,
        r.task, r.pattern, r.chosen_model, r.params, r.tools, r.config
    FROM runs_run r JOIN accounts_user u ON u.id = r.owner_id WHERE r.id = %s
"""

logger = logging.getLogger(__name__)


async def execute(
    run_id: UUID, epoch: int, stop: RunStop, live: RunLive, resources: Resources
) -> bool:
    """Run to the end, to a hand-back, or until another worker turns out to own the run.

    Returns false when it went back to the queue to wait for money.
    """
    try:
        result = await _result(run_id, epoch, stop, live, resources)
        if result is None:
            return False
        answer = await _finish(run_id, epoch, result, resources)
    except Fenced:
        logger.warning("run belongs to another worker now", extra={"run": str(run_id)})
        return True
    except Stopped as stopped:
        if stopped.reason == "lost":
            logger.warning("run was taken by another worker", extra={"run": str(run_id)})
            return True
        answer = await hand_back(run_id, epoch, resources)
    except Exception:
        logger.exception("run can't be executed here", extra={"run": str(run_id)})
        answer = await _abandon(run_id, epoch, resources)
    if answer.outcome == Outcome.DISPATCHED:
        logger.error("run has unsettled money", extra={"run": str(run_id)})
        answer = await _abandon(run_id, epoch, resources)
    live.events(answer.events)
    return True


async def _result(
    run_id: UUID, epoch: int, stop: RunStop, live: RunLive, resources: Resources
) -> Result | None:
    """How the run ended; None when it could not begin: it is queued again, or has failed."""
    rows = await resources.database.fetch(READ_RUN, run_id)
    seconds_left, active, provider, simulated, *asked = rows[0]
    if not active:
        return _failed("account_disabled", "The account that submitted this run is switched off.")
    if (provider, simulated) != (settings.PROVIDER_NAME, settings.SIMULATED):
        return _failed("provider_changed", "The site's provider is another one since the submit.")
    journal = PostgresJournal(
        run_id=run_id,
        epoch=epoch,
        database=resources.database,
        prices=resources.prices,
        live=live,
        freed=resources.freed,
        stop=stop,
    )
    await journal.load()
    spec = spec_of_row(*asked)
    closing = closing_bound(spec, PATTERNS[spec.pattern].closing)
    try:
        if await journal.begin(closing) != Outcome.BEGUN:
            return None
    except Refused as refused:
        return _failed(refused.code, refused.message)
    async with _deadline(stop, float(seconds_left)):
        try:
            ports = Ports(journal, resources.model, live, stop, SystemClock(), ToolBox(spec.tools))
            result = await run_engine(spec, ports)
            await journal.tell_recovery(ended=True)
            return result
        except (Fenced, Stopped):
            raise
        except Exception:
            logger.exception("run failed by a fault of ours", extra={"run": str(run_id)})
            return _failed("internal", f"Something is wrong on our side. Reference: {run_id}.")


@asynccontextmanager
async def _deadline(stop: RunStop, seconds_left: float) -> AsyncIterator[None]:
    """Conclude at the deadline; cut what is still running a little later."""
    loop = asyncio.get_running_loop()
    timers = (
        loop.call_later(seconds_left, stop.drain, "deadline"),
        loop.call_later(seconds_left + CUT_AFTER_DEADLINE_S, stop.halt, "deadline"),
    )
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


def _failed(code: str, message: str) -> Result:
    return Result(
        status="failed",
        answer=None,
        answer_kind="none",
        stop_reason="failed",
        error={"code": code, "message": message},
    )


async def _abandon(run_id: UUID, epoch: int, resources: Resources) -> Answer:
    return await resources.database.run(functions.abandon(run_id=run_id, epoch=epoch))


async def _finish(run_id: UUID, epoch: int, result: Result, resources: Resources) -> Answer:
    finish = functions.finish(run_id=run_id, epoch=epoch, result=result)
    return await resources.database.run(finish)


async def hand_back(run_id: UUID, epoch: int, resources: Resources) -> Answer:
    """Give the run back to the queue; a run that is being cancelled ends instead."""
    answer = await resources.database.run(functions.hand_back(run_id=run_id, epoch=epoch))
    if answer.outcome == Outcome.CANCELLING:
        return await _finish(
            run_id, epoch, Result("cancelled", None, "none", "cancelled"), resources
        )
    return answer
