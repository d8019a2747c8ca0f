"""Whether a run's models are called at present: some fails all the time, some was shut down."""

import math

from django.conf import settings

from runs.engine.provider.outages import sentence
from runs.engine.types import Outage, Spec
from runs.errors import ModelUnavailable
from runs.services.supply import Supply
from runs.shutdowns import ended_of


def check_available(spec: Spec, supply: Supply) -> None:
    """Raise `ModelUnavailable` for a model that is shut down or whose breaker is open, as are its
    fallbacks.

    A model that is to be probed is available, and while Redis is away no breaker is known.
    """
    ways = {model: [model, *fallbacks_of(model)] for model in sorted(spec.models)}
    models = sorted({model for way in ways.values() for model in way})
    outages = _outages(models, supply)
    for asked, way in ways.items():
        if all(model in outages for model in way):
            found = [outages[model] for model in way]
            raise _unavailable(found, "model" if asked == spec.model else "roles")


def fallbacks_of(model: str) -> list[str]:
    """The models that are called instead, in this order."""
    found: list[str] = []
    while following := settings.MODEL_FALLBACKS.get(model):
        found.append(following)
        model = following
    return found


def _outages(models: list[str], supply: Supply) -> dict[str, tuple[Outage, float | None]]:
    """Why models aren't called, and in how many seconds they are tried again."""
    found: dict[str, tuple[Outage, float | None]] = {}
    if seen := supply.breakers:
        for model in supply.open_breakers(models):
            breaker = seen.breakers[model]
            found[model] = breaker.outage(model), breaker.open_until - seen.now
    for model, day in ended_of(models).items():
        found[model] = Outage(model, 0, "shutdown", None, shutdown_on=day), None
    return found


def _unavailable(found: list[tuple[Outage, float | None]], field: str) -> ModelUnavailable:
    said = " ".join(sentence(outage) for outage, _ in found)
    waits = [wait_s for _, wait_s in found if wait_s is not None]
    return ModelUnavailable(
        said, field=field, retry_after_s=math.ceil(min(waits)) if waits else None
    )
