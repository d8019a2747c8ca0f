"""Executing one claimed run, from its row to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from structlog.contextvars import bind_contextvars

from billing.money import format_usd
from billing.providers import provider_of
from runs import functions
from runs.cache.answers import KeptAnswer
from runs.cache.leading import take
from runs.engine.calls.admission import Admissions
from runs.engine.clock import SystemClock
from runs.engine.errors import Fenced, Paused, ProviderError, Refused, Stopped
from runs.engine.ports import Ports
from runs.engine.registry import KNOWN
from runs.engine.run import run as run_engine
from runs.engine.tools.mcp.connections import Connections
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Result, Spec
from runs.events import Notice
from runs.executor.approvals import PostgresApprovals
from runs.executor.journal import PostgresJournal
from runs.executor.live import RunLive
from runs.executor.observer import Observer, Stay
from runs.executor.origin import origin_of
from runs.executor.resources import Resources
from runs.executor.sharing import Sharing
from runs.executor.signals import RunStop
from runs.executor.tools import McpServers, ToolPermits
from runs.functions import Answer, Outcome
from runs.spec import spec_of_row
from runs.states import WhenOutOfMoney
from web.traces import trace_id_of

CUT_AFTER_DEADLINE_S = 30
READ_RUN = """
    SELECT extract(epoch FROM r.deadline_at - now()), u.is_active, r.provider, r.simulated,
        r.owner_id, r.session_id, r.traceparent, r.cache, r.cache_digest,
        r.when_out_of_money, r.task, r.pattern, r.chosen_model, r.params, r.tools, r.config
    FROM runs_run r JOIN accounts_user u ON u.id = r.owner_id WHERE r.id = %s
"""

logger = logging.getLogger(__name__)


async def execute(
    run_id: UUID, epoch: int, stop: RunStop, live: RunLive, resources: Resources
) -> bool:
    """Run to the end, to a pause or a hand-back, or until another worker turns out to own the run.

    Returns false when it could not begin for want of money.
    """
    try:
        result = await _result(run_id, epoch, stop, live, resources)
        if result is None:
            return False
        if isinstance(result, KeptAnswer):
            answer = await _take(run_id, epoch, result, resources)
        else:
            answer = await _finish(run_id, epoch, result, resources)
    except Fenced:
        logger.warning("run belongs to another worker now", extra={"run": str(run_id)})
        return True
    except Stopped as stopped:
        if stopped.reason == "lost":
            logger.warning("run was taken by another worker", extra={"run": str(run_id)})
            return True
        answer = await hand_back(run_id, epoch, resources)
    except Paused as paused:
        answer = await _pause(run_id, epoch, paused, resources)
    except Exception:
        logger.exception("run can't be executed here", extra={"run": str(run_id)})
        answer = await _abandon(run_id, epoch, resources)
    if answer.outcome == Outcome.DISPATCHED:
        logger.error("run has unsettled money", extra={"run": str(run_id)})
        answer = await _abandon(run_id, epoch, resources)
    logger.info("run left its worker", extra={"run": str(run_id), "outcome": answer.outcome})
    live.events(answer.events)
    return True


async def _result(
    run_id: UUID, epoch: int, stop: RunStop, live: RunLive, resources: Resources
) -> Result | KeptAnswer | None:
    """How the run ended, or the answer that it has from an equal one.

    None when it could not begin: it is queued again, or has failed.
    """
    rows = await resources.database.fetch(READ_RUN, run_id)
    seconds_left, active, provider, simulated, owner_id, session_id, traceparent, *more = rows[0]
    cache, digest, money, *asked = more
    live.owner_id = owner_id
    bind_contextvars(**_names(owner_id, traceparent))
    if not active:
        return _failed("account_disabled", "The account that submitted this run is switched off.")
    spec = spec_of_row(*asked)
    if moved := _moved(spec, provider, simulated, asked[-1]):
        return moved
    stay = Stay(run_id, epoch, spec, owner_id, session_id, traceparent)
    with resources.observers(stay) as observer:
        journal = PostgresJournal(
            run_id=run_id,
            epoch=epoch,
            database=resources.database,
            prices=resources.prices,
            live=live,
            freed=resources.freed,
            stop=stop,
            observer=observer,
            asks=money == WhenOutOfMoney.ASK,
        )
        await journal.load()
        async with _deadline(stop, float(seconds_left)):
            if digest is not None:
                database = resources.database
                sharing = Sharing(run_id, epoch, owner_id, digest, journal, database, stop)
                if kept := await sharing.found(cache):
                    observer.result = kept.result
                    return kept
            observer.result = await _bought(stay, journal, observer, stop, live, resources)
            return observer.result


def _moved(spec: Spec, provider: str, simulated: bool, config: dict[str, Any]) -> Result | None:
    """How the run ends where one of its models isn't called where it was at the submit."""
    # A run of an earlier release knows the provider of its own model alone.
    providers = {spec.model: provider, **config.get("providers", {})}
    moved = [model for model, name in providers.items() if provider_of(model).name != name]
    if not moved and simulated == settings.SIMULATED:
        return None
    model = moved[0] if moved else spec.model
    return _failed("provider_changed", f"“{model}” has another provider since the submit.")


async def _bought(
    stay: Stay,
    journal: PostgresJournal,
    observer: Observer,
    stop: RunStop,
    live: RunLive,
    resources: Resources,
) -> Result | None:
    """How the run ended on its own; None when it could not begin."""
    spec, origin = stay.spec, origin_of(stay.run_id, stay.owner_id)
    pattern = KNOWN[spec.pattern]
    approvals = PostgresApprovals(journal.run_id, resources.database, journal)
    try:
        if journal.is_new:
            await Admissions(resources.breakers, journal).check(spec.models)
        begun = await journal.begin(pattern.closing_bound(spec), alone=pattern.one_call)
        if begun != Outcome.BEGUN:
            return None
        if not journal.is_new:
            await approvals.load()
    except (Refused, ProviderError) as refused:
        return _failed(refused.code, refused.message)
    try:
        async with Connections(McpServers(resources.database).find) as servers:
            ports = _ports(spec, journal, stop, live, resources, servers)
            given = replace(
                ports, approvals=approvals, origin=origin, traceparent=observer.traceparent
            )
            result = await run_engine(spec, given)
        await journal.let_go()
        await journal.tell_recovery(ended=True)
        return result
    except Paused:
        await journal.let_go()
        raise
    except (Fenced, Stopped):
        raise
    except Exception:
        run = str(journal.run_id)
        logger.exception("run failed by a fault of ours", extra={"run": run})
        return _failed("internal", f"Something is wrong on our side. Reference: {run}.")


def _ports(
    spec: Spec,
    journal: PostgresJournal,
    stop: RunStop,
    live: RunLive,
    resources: Resources,
    servers: Connections,
) -> Ports:
    return Ports(
        journal,
        resources.model,
        live,
        stop,
        SystemClock(),
        ToolBox(spec.tools, spec.declared),
        resources.breakers,
        http=resources.http,
        secrets=settings.TOOL_SECRETS,
        servers=servers,
        permits=ToolPermits(resources.database, spec.declared),
    )


def _names(owner_id: int, traceparent: str) -> dict[str, Any]:
    """What log lines of a run have besides its id."""
    trace = trace_id_of(traceparent)
    return {"user": owner_id, "trace_id": trace} if trace else {"user": owner_id}


@asynccontextmanager
async def _deadline(stop: RunStop, seconds_left: float) -> AsyncIterator[None]:
    """Conclude at the deadline; cut what is still running a little later."""
    loop = asyncio.get_running_loop()
    timers = (
        loop.call_later(seconds_left, stop.drain, "deadline"),
        # It may have waited past its deadline, and then concludes.
        loop.call_later(max(0.0, seconds_left) + CUT_AFTER_DEADLINE_S, stop.halt, "deadline"),
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


async def _take(run_id: UUID, epoch: int, kept: KeptAnswer, resources: Resources) -> Answer:
    """End the run with an equal one's answer: it has bought nothing."""
    notice = Notice(code="cache_hit", figures=kept.figures)
    return await resources.database.run(
        functions.finish(run_id=run_id, epoch=epoch, result=kept.result),
        after=(
            take(run_id=run_id, epoch=epoch, kept=kept),
            functions.emit(run_id=run_id, epoch=epoch, event=notice),
        ),
    )


async def hand_back(run_id: UUID, epoch: int, resources: Resources) -> Answer:
    """Give the run back to the queue; a run that is being cancelled ends instead.

    Answers that go on at the provider are left to the next worker.
    """
    answer = await resources.database.run(functions.hand_back(run_id=run_id, epoch=epoch))
    if answer.outcome == Outcome.DISPATCHED:
        answer = await resources.database.run(functions.hand_over(run_id=run_id, epoch=epoch))
    if answer.outcome == Outcome.CANCELLING:
        return await _finish(run_id, epoch, _cancelled(None), resources)
    return answer


async def _pause(run_id: UUID, epoch: int, paused: Paused, resources: Resources) -> Answer:
    """Let the run wait for a person; a run that is being cancelled ends instead."""
    asked = {
        "reason": paused.reason,
        "needs_usd": None if paused.needs_usd is None else format_usd(paused.needs_usd),
        "partial": paused.partial,
    }
    pause = functions.pause(run_id=run_id, epoch=epoch, asked=asked)
    answer = await resources.database.run(pause)
    if answer.outcome == Outcome.CANCELLING:
        return await _finish(run_id, epoch, _cancelled(paused.partial), resources)
    return answer


def _cancelled(partial: str | None) -> Result:
    return Result("cancelled", partial, "partial" if partial else "none", "cancelled")
