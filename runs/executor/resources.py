"""What all runs of a process share: database, prices, viewers, providers and breakers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from runs.breakers import rules
from runs.engine.ports import Breakers, Model
from runs.engine.tools.web.guard import Guard
from runs.executor.admitting import SiteBreakers
from runs.executor.database import Database
from runs.executor.live import Publisher
from runs.executor.models import SiteModels
from runs.executor.observer import Observer, Stay
from runs.executor.prices import Prices
from runs.executor.signals import Bell
from web.tracing.process import end_telemetry, telemetry

Observers = Callable[[Stay], Observer]


@dataclass(frozen=True, slots=True)
class Resources:
    """Shared by all runs of a process; `freed` rings when money has come back to a budget."""

    database: Database
    prices: Prices
    publisher: Publisher
    model: Model
    breakers: Breakers
    http: Guard
    freed: Bell
    observers: Observers


@asynccontextmanager
async def open_resources() -> AsyncIterator[Resources]:
    """Open everything, publish until the end, and close in order."""
    database = Database()
    await database.open()
    publisher = Publisher()
    model = SiteModels(database)
    breakers = SiteBreakers(settings.REDIS_URL, rules(), settings.MODEL_FALLBACKS)
    publishing = asyncio.create_task(publisher.run())
    try:
        guard = Guard(settings.TOOL_CLOSED_NAMES)
        yield Resources(database, Prices(), publisher, model, breakers, guard, Bell(), _observers())
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await publisher.close()
        await model.close()
        await breakers.close()
        await database.close()
        await asyncio.to_thread(end_telemetry)


def _observers() -> Observers:
    """What runs are observed with: their calls are measured, and traced where the site wants it."""
    found = telemetry()
    if found is None:
        return lambda _: Observer()
    from runs.executor.tracing.run_trace import RunTrace
    from runs.executor.tracing.traces import Traces

    return partial(RunTrace, Traces(found))
