"""Letting a model be called again before its breaker would."""

from django.conf import settings

from runs.breakers import reader


def close_breaker(*, model: str) -> bool:
    """Forget a model's failures; False for a model that isn't offered, or while Redis is away.

    The next call is let in like any other, and its failure counts as the first one.
    """
    return model in settings.PROVIDER_MODELS and reader().forget(model)
