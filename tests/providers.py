"""Providers as a test's settings have them."""

from typing import Any

from django.conf import settings as site

from billing.providers import Provider


def openai(models: tuple[str, ...] = (), **more: Any) -> tuple[Provider, ...]:
    """OpenAI alone, with the site's models unless others are named."""
    given = {"endpoint": "api.openai.com", **more}
    return (Provider("openai", models or tuple(site.PROVIDER_MODELS), **given),)
