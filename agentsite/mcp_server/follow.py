"""Following a run: its events as progress, until it is as far as one waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import UUID

from agentsite.mcp_server.site import Refused, Site
from agentsite.mcp_server.wording import may_have_settled, news, settled
from runs.api.watch import watch
from web.ending import ending

# While the database is away there is nothing to tell.
RETRY_S = 1.0

Tell = Callable[[float, str], Awaitable[None]]


async def followed(
    api: Site,
    run: dict[str, Any],
    *,
    seconds: float | None,
    tell: Tell,
    until: Callable[[dict[str, Any]], bool] = settled,
) -> dict[str, Any]:
    """The run as soon as it is so far, or as it is when the time is up or the server ends.

    `tell` hears of what happens meanwhile. None of `seconds` is as long as it takes.
    Raises `Refused`.
    """
    if seconds == 0 or until(run):
        return run
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await _so_far(api, run["id"], tell, until)
    return await api.run(run["id"])


async def _so_far(
    api: Site, run_id: str, tell: Tell, until: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    after = 0
    while True:
        try:
            events = await api.events(run_id, after)
            for event in events:
                if words := news(event):
                    await tell(event["seq"], words)
                after = event["seq"]
            if not events or may_have_settled(events) or ending().begun:
                run = await api.run(run_id)
                if until(run) or ending().begun:
                    return run
        except Refused as refused:
            if refused.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            await asyncio.sleep(RETRY_S)
        else:
            await _news(run_id, after)


async def _news(run_id: str, after: int) -> None:
    """Return once something has happened since event `after`, or can't be seen."""
    while True:
        progress = await watch().look(UUID(run_id))
        if progress is None or progress.ended or progress.last_seq > after or ending().begun:
            return
