"""Letting a model be called again before its breaker would."""

from django.conf import settings

from accounts.audit.record import record
from accounts.audit_models import Action
from runs.breakers import reader


def close_breaker(*, model: str) -> bool:
    """Forget a model's failures; False for a model that isn't offered, or while Redis is away.

    The next call is let in like any other, and its failure counts as the first one.
    """
    if model not in settings.PROVIDER_MODELS or not reader().forget(model):
        return False
    record(Action.BREAKER_RESET, about=("model", model))
    return True
