"""What all runs of a process share: the database, prices, viewers and the provider."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from django.conf import settings

from runs.engine.ports import Model
from runs.engine.provider.openai_model import OpenAIModel
from runs.executor.database import Database
from runs.executor.dialects import StoredDialects, provider_address
from runs.executor.live import Publisher
from runs.executor.prices import Prices
from runs.executor.signals import Bell


@dataclass(frozen=True, slots=True)
class Resources:
    """Shared by all runs of a process; `freed` rings when money has come back to a budget."""

    database: Database
    prices: Prices
    publisher: Publisher
    model: Model
    freed: Bell


@asynccontextmanager
async def open_resources() -> AsyncIterator[Resources]:
    """Open everything, publish until the end, and close in order."""
    database = Database()
    await database.open()
    publisher = Publisher()
    model = OpenAIModel(
        base_url=settings.PROVIDER_BASE_URL or None,
        api_key=settings.PROVIDER_API_KEY,
        read_timeout_s=settings.PROVIDER_TIMEOUT_S,
        dialects=StoredDialects(database, provider_address()),
    )
    publishing = asyncio.create_task(publisher.run())
    try:
        yield Resources(database, Prices(), publisher, model, Bell())
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await publisher.close()
        await model.close()
        await database.close()
