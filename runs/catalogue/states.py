"""Whether the models answer, as their breakers know it, and how long they live."""

import math
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from runs.breakers import reader
from runs.engine.breaker import Breaker, State
from runs.engine.provider.failures import FAILURES
from runs.engine.provider.shutdowns import in_words
from runs.shutdowns import dates_of, is_near, today

LAMPS: dict[State, str] = {"closed": "", "open": "lamp-bad", "half_open": "lamp-warn"}


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model's breaker at a moment of Redis' clock; None where Redis could not be read."""

    model: str
    fallback: str | None
    breaker: Breaker | None
    now: float
    shutdown_on: date | None = None

    @property
    def state(self) -> State | None:
        """Closed, open or half open."""
        return self.breaker.state(self.now) if self.breaker else None

    @property
    def lamp(self) -> str:
        """Its lamp’s class: none is green; off where nothing is known."""
        if self.is_shut_down:
            return "lamp-bad"
        if self.is_ending and self.state in ("closed", None):
            return "lamp-warn"
        return LAMPS[self.state] if self.state else "lamp-off"

    @property
    def words(self) -> str:
        """Its state in words, since colour alone says nothing."""
        if self.shutdown_on and self.is_shut_down:
            return f"Shut down on {in_words(self.shutdown_on)}"
        if self.shutdown_on and self.is_ending:
            return f"{self._words} · Ends on {in_words(self.shutdown_on)}"
        return self._words

    @property
    def is_held_back(self) -> bool:
        """True while its breaker lets no call in, or only one."""
        return self.state in ("open", "half_open") and not self.is_shut_down

    @property
    def is_shut_down(self) -> bool:
        """True once its day has come."""
        return self.shutdown_on is not None and self.shutdown_on <= today()

    @property
    def is_ending(self) -> bool:
        """True once its day is near, or has come."""
        return self.shutdown_on is not None and is_near(self.shutdown_on)

    @property
    def _words(self) -> str:
        if self.breaker is None:
            return "Not known: Redis is away"
        if self.state == "open":
            return f"Not called for {math.ceil(self.breaker.open_until - self.now)} s"
        if self.state == "half_open":
            probed = self.now < self.breaker.probe_until
            return f"{'One' if probed else 'The next'} call tries it again"
        return "Answers" if not self.breaker.failures else "Called"

    @property
    def why(self) -> str:
        """What went wrong lately; empty where nothing did."""
        if self.breaker is None or not self.breaker.failures or self.is_shut_down:
            return ""
        count = self.breaker.failures
        failed = "its last call failed" if count == 1 else f"its last {count} calls failed"
        last = FAILURES.get(self.breaker.code)
        return f"{failed}. {last.sentence}" if last else f"{failed}."


def model_states() -> list[ModelState]:
    """The state of each offered model, in the order in which they are offered."""
    seen = reader().of(settings.PROVIDER_MODELS)
    dates = dates_of(settings.PROVIDER_MODELS)
    return [
        ModelState(
            model,
            settings.MODEL_FALLBACKS.get(model),
            seen.breakers[model] if seen else None,
            seen.now if seen else 0.0,
            dates.get(model),
        )
        for model in settings.PROVIDER_MODELS
    ]
