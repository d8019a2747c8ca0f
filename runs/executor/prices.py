"""Prices for the worker's loop: looked up in a thread, kept for a minute."""

import asyncio
import logging
import time

from django.db import InterfaceError, OperationalError, close_old_connections

from billing.money import ModelPrices
from billing.pricing import price_of
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
        self._known: dict[str, tuple[float, ModelPrices | None]] = {}
        self._lock = asyncio.Lock()

    async def of(self, model: str) -> ModelPrices:
        """The model's prices. Raises `Refused` when it has none: it is never free."""
        prices = await self._known_price(model)
        if prices is None:
            raise Refused("unpriced_model", f"“{model}” has no price, so it may not be called.")
        return prices

    async def served(self, asked: ModelPrices, reply: Reply | None) -> Served:
        """What answered, with its prices; what was asked for, where an answer doesn't say."""
        model = reply.model[:MAX_NAME] if reply else ""
        service = reply.service_tier[:MAX_NAME].casefold() if reply else ""
        if model in ("", asked.model):
            return Served(asked.model, service, asked)
        known = await self._known_price(model)
        if known is None and same_model(asked.model, model):
            known = asked
        return Served(model, service, known)

    def forget(self, model: str) -> None:
        """Look the model up anew the next time."""
        self._known.pop(model, None)

    async def _known_price(self, model: str) -> ModelPrices | None:
        if not self._is_fresh(model):
            async with self._lock:
                if not self._is_fresh(model):
                    self._keep(model, await _look_up(model))
        return self._known[model][1]

    def _is_fresh(self, model: str) -> bool:
        return model in self._known and time.monotonic() - self._known[model][0] < KEEP_S

    def _keep(self, model: str, prices: ModelPrices | None) -> None:
        """The oldest goes where there are too many: an endpoint may name a new model each time."""
        self._known.pop(model, None)
        if len(self._known) >= MOST_MODELS:
            self._known.pop(next(iter(self._known)))
        self._known[model] = (time.monotonic(), prices)


async def _look_up(model: str) -> ModelPrices | None:
    """Ask, in a thread, however long Postgres is away."""
    while True:
        try:
            return await asyncio.to_thread(_price_of, model)
        except (OperationalError, InterfaceError) as error:
            logger.warning("no prices: Postgres is away", extra={"error": str(error)})
            await asyncio.sleep(ASK_AGAIN_S)


def _price_of(model: str) -> ModelPrices | None:
    try:
        return price_of(model)
    finally:
        close_old_connections()
