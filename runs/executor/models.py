"""The models of all providers of this site, each called where it is pinned."""

import asyncio
from dataclasses import replace

from django.conf import settings

from billing.providers import Provider, provider_of
from runs.engine.ports import Endpoint, ModelStream, Resumes
from runs.engine.provider.background.model import BackgroundModel
from runs.engine.provider.failures import CONNECTION_LOST
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.provider.packaged import packaged
from runs.engine.types import FoundBy, ModelRequest
from runs.executor.database import Database
from runs.executor.dialects import PostgresDialects


class SiteModels:
    """The engine's `Model` port for all runs of a process."""

    def __init__(self, database: Database) -> None:
        self._endpoints = {
            provider.name: _opened(provider, database) for provider in settings.PROVIDERS
        }

    async def stream(self, request: ModelRequest) -> ModelStream:
        """Send the request to the model's provider, under the name that it knows."""
        provider = provider_of(request.model)
        asked = replace(request, model=provider.own_name(request.model))
        return await self._endpoints[provider.name].stream(asked)

    async def resume(self, request: ModelRequest, found: FoundBy) -> ModelStream:
        """The answer of an earlier request. Raises `ProviderError` where it can't be read on."""
        provider = provider_of(request.model)
        endpoint = self._endpoints[provider.name]
        if not isinstance(endpoint, Resumes):
            raise CONNECTION_LOST.error("This provider's answers can't be read on any more.")
        asked = replace(request, model=provider.own_name(request.model))
        return await endpoint.resume(asked, found)

    def context_tokens(self, model: str) -> int | None:
        """How many tokens the model's window has, once it was learnt."""
        provider = provider_of(model)
        return self._endpoints[provider.name].context_tokens(provider.own_name(model))

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(endpoint.close() for endpoint in self._endpoints.values()))


def _opened(provider: Provider, database: Database) -> Endpoint:
    if provider.packaged:
        return packaged(
            provider.name,
            api_key=provider.api_key,
            base_url=provider.base_url or None,
            read_timeout_s=settings.PROVIDER_TIMEOUT_S,
        )
    if provider.reattach == "background":
        return BackgroundModel(
            base_url=provider.base_url or None,
            api_key=provider.api_key,
            read_timeout_s=settings.PROVIDER_TIMEOUT_S,
        )
    return OpenAIModel(
        base_url=provider.base_url or None,
        api_key=provider.api_key,
        read_timeout_s=settings.PROVIDER_TIMEOUT_S,
        dialects=PostgresDialects(database, provider.endpoint),
        as_openai=settings.SIMULATED,
        stores=provider.reattach == "stored",
        findable=provider.reattach == "generation",
    )
