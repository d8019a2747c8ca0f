"""The providers that this site calls. Each model is pinned to one: its id is unique here."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from django.conf import settings

# How the answer to a call is found again, once nobody here knows what became of it: among stored
# chat completions by metadata, by OpenRouter's `generation?id=`, as a response in the background.
Reattach = Literal["", "stored", "generation", "background"]
# Nobody asks about older ones: providers keep answers for a month at most.
ANSWERS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider with the ids that its models have on this site.

    What was learnt of its models is kept under `endpoint`. `prefix` stands before the names that it
    knows them by. An empty `base_url` is OpenAI's own, or there is none: a `packaged` provider is
    called by the package that brings it. `reattach` may store contents at the provider.
    """

    name: str
    models: tuple[str, ...]
    endpoint: str
    base_url: str = ""
    prefix: str = ""
    packaged: bool = False
    reattach: Reattach = ""
    # The SDK insists on a key; the simulator and many local endpoints take any.
    api_key: str = field(default="none", repr=False)

    def own_name(self, model: str) -> str:
        """What the provider itself calls a model of this site."""
        return model.removeprefix(self.prefix)

    def site_id(self, own_name: str) -> str:
        """What this site calls one of the provider's models."""
        return f"{self.prefix}{own_name}"


def provider_of(model: str) -> Provider:
    """The provider of a model; the first one for a model that none offers any more."""
    providers: tuple[Provider, ...] = settings.PROVIDERS
    return next((one for one in providers if model in one.models), providers[0])
