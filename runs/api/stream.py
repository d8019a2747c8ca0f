"""A run's events as Server-Sent Events."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.http import StreamingHttpResponse

from accounts.credentials import StillValid
from runs.api.watch import watch
from runs.selectors.runs import Progress
from runs.selectors.stream import events_after
from web.connections import in_any_thread

BATCH = 500
# How often a stream gives a sign of life, and looks whether its reader still may read.
HEARTBEAT_S = 2.5
RETRY_S = 1
LAST_EVENT = "run.finished"

logger = logging.getLogger(__name__)


def event_stream(
    run_id: UUID, after: int, *, ended: bool, still_valid: StillValid
) -> StreamingHttpResponse:
    """The events after `after` as they are written, up to and with the last one.

    They end earlier when what let the reader in is not `still_valid`.
    """
    frames = _frames(run_id, after, ended, still_valid)
    response = StreamingHttpResponse(frames, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


async def _frames(
    run_id: UUID, after: int, ended: bool, still_valid: StillValid
) -> AsyncIterator[str]:
    # The first bytes tell the client at once that it is connected.
    yield ": connected\n\n"
    due = monotonic() + HEARTBEAT_S
    while True:
        events = await in_any_thread(_read)(run_id, after)
        if monotonic() >= due:
            due = monotonic() + HEARTBEAT_S
            if not await in_any_thread(_may_read)(still_valid):
                return
        if events is None:
            await asyncio.sleep(RETRY_S)
            continue
        for event in events:
            yield f"id: {event['seq']}\ndata: {json.dumps(event)}\n\n"
        if events and events[-1]["type"] != LAST_EVENT:
            after = events[-1]["seq"]
        elif events or ended:
            return
        elif progress := await _news(run_id, after):
            ended = progress.ended
        else:
            yield ": ping\n\n"


def _read(run_id: UUID, after: int) -> list[dict[str, Any]] | None:
    """The next events; None while the database is away."""
    try:
        return events_after(run_id, after, BATCH)
    except (OperationalError, InterfaceError) as error:
        logger.warning("an event stream waits for the database: %s", error)
        return None


def _may_read(still_valid: StillValid) -> bool:
    """True also while the database is away: there is nothing to read then."""
    try:
        return still_valid()
    except (OperationalError, InterfaceError):
        return True


async def _news(run_id: UUID, after: int) -> Progress | None:
    """Return once there is something after `after`; None when it is time for a sign of life."""
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARTBEAT_S):
            while True:
                progress = await watch().look(run_id)
                if progress and (progress.ended or progress.last_seq > after):
                    return progress
    return None
