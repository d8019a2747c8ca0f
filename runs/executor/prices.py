"""Prices for the worker's loop: looked up in a thread, kept for a minute."""

import asyncio
import logging
import time

from django.db import InterfaceError, OperationalError, close_old_connections

from billing.money import ModelPrices
from billing.pricing import price_of
from billing.providers import Provider, provider_of
from billing.served import Served, same_model
from runs.engine.errors import Refused
from runs.engine.types import Reply

KEEP_S = 60
ASK_AGAIN_S = 1.0
MOST_MODELS = 1000
# As long as the column of a model's name.
MAX_NAME = 200

logger = logging.getLogger(__name__)


class Prices:
    """A cache of `price_of`, one lookup at a time per model."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, ModelPrices | None]] = {}
        self._lock = asyncio.Lock()

    async def of(self, model: str) -> ModelPrices:
        """The model's prices. Raises `Refused` when it has none: it is never free."""
        prices = await self._known_price(model, provider_of(model))
        if prices is None:
            raise Refused("unpriced_model", f"“{model}” has no price, so it may not be called.")
        return prices

    async def served(self, asked: ModelPrices, reply: Reply | None) -> Served:
        """What answered, with its prices; what was asked for, where an answer doesn't say."""
        provider = provider_of(asked.model)
        model = provider.site_id(reply.model)[:MAX_NAME] if reply and reply.model else ""
        service = reply.service_tier[:MAX_NAME].casefold() if reply else ""
        if model in ("", asked.model):
            return Served(asked.model, service, asked)
        known = await self._known_price(model, provider)
        if known is None and same_model(asked.model, model):
            known = asked
        return Served(model, service, known)

    def forget(self, model: str) -> None:
        """Look the model up anew the next time."""
        self._known.pop((provider_of(model).name, model), None)

    async def _known_price(self, model: str, provider: Provider) -> ModelPrices | None:
        key = (provider.name, model)
        if not self._is_fresh(key):
            async with self._lock:
                if not self._is_fresh(key):
                    self._keep(key, await _look_up(model, provider))
        return self._known[key][1]

    def _is_fresh(self, key: tuple[str, str]) -> bool:
        return key in self._known and time.monotonic() - self._known[key][0] < KEEP_S

    def _keep(self, key: tuple[str, str], prices: ModelPrices | None) -> None:
        """The oldest goes where there are too many: an endpoint may name a new model each time."""
        self._known.pop(key, None)
        if len(self._known) >= MOST_MODELS:
            self._known.pop(next(iter(self._known)))
        self._known[key] = (time.monotonic(), prices)


async def _look_up(model: str, provider: Provider) -> ModelPrices | None:
    """Ask, in a thread, however long Postgres is away."""
    while True:
        try:
            return await asyncio.to_thread(_price_of, model, provider)
        except (OperationalError, InterfaceError) as error:
            logger.warning("no prices: Postgres is away", extra={"error": str(error)})
            await asyncio.sleep(ASK_AGAIN_S)


def _price_of(model: str, provider: Provider) -> ModelPrices | None:
    try:
        return price_of(model, provider)
    finally:
        close_old_connections()
