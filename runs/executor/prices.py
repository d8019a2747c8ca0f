"""Prices for the worker's loop: looked up in a thread, kept for a minute."""

import asyncio
import logging
import time

from django.db import InterfaceError, OperationalError, close_old_connections

from billing.money import ModelPrices
from billing.pricing import price_of
from runs.engine.errors import Refused

KEEP_S = 60
ASK_AGAIN_S = 1.0

logger = logging.getLogger(__name__)


class Prices:
    """A cache of `price_of`, one lookup at a time per model."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, ModelPrices | None]] = {}
        self._lock = asyncio.Lock()

    async def of(self, model: str) -> ModelPrices:
        """The model's prices. Raises `Refused` when it has none: it is never free."""
        prices = self._fresh(model)
        if prices is None:
            async with self._lock:
                prices = self._fresh(model) or await _look_up(model)
                self._known[model] = (time.monotonic(), prices)
        if prices is None:
            raise Refused("unpriced_model", f"“{model}” has no price, so it may not be called.")
        return prices

    def forget(self, model: str) -> None:
        """Look the model up anew the next time."""
        self._known.pop(model, None)

    def _fresh(self, model: str) -> ModelPrices | None:
        looked_up, prices = self._known.get(model, (float("-inf"), None))
        return prices if time.monotonic() - looked_up < KEEP_S else None


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
