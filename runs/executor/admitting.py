"""Which models a worker calls: those that live, and don't fail all the time."""

import asyncio

from runs.engine.types import Admission, Outage
from runs.executor.breakers import RedisBreakers
from runs.shutdowns import shutdowns


class SiteBreakers(RedisBreakers):
    """The engine's `Breakers` port: a model that was shut down is as one whose breaker is open."""

    async def outage(self, model: str) -> Outage | None:
        """Why a call wouldn't be let in now."""
        return await _shutdown(model) or await super().outage(model)

    async def admit(self, model: str) -> Admission | Outage:
        """Leave to call the model, or why not."""
        return await _shutdown(model) or await super().admit(model)


async def _shutdown(model: str) -> Outage | None:
    known = shutdowns()
    if known.due:
        await asyncio.to_thread(known.look)
    day = known.ended(model)
    return Outage(model, 0, "shutdown", None, shutdown_on=day) if day else None
