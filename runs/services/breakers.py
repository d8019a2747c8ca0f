"""Letting a model be called again before its breaker would."""

from django.conf import settings

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from runs.breakers import reader


def close_breaker(*, model: str, by: User) -> bool:
    """Forget a model's failures; False for a model that isn't offered, or while Redis is away.

    The next call is let in like any other, and its failure counts as the first one.
    """
    closed = model in settings.PROVIDER_MODELS and reader().forget(model)
    if closed:
        record(Action.BREAKER_CLOSED, by_id=by.pk, about=("model", model))
    return closed
