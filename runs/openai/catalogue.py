"""The models that the front offers: patterns, and models by their own names."""

from typing import Any

from billing.pricing import offered_models
from billing.providers import provider_of
from runs.engine.registry import PATTERNS
from runs.openai.asked import target_of
from runs.services.auto import AUTO

OWN = "agentsite"


def model_list() -> dict[str, Any]:
    """Patterns first; `react:gpt-4o-mini` and the like are found by name only."""
    priced = [name for name, prices in offered_models().items() if prices]
    names = [*PATTERNS, AUTO, *priced]
    return {"object": "list", "data": [model_object(name) for name in names]}


def model_object(name: str) -> dict[str, Any]:
    """One of them. Raises `ModelNotFound`."""
    target = target_of(name)
    own = not target.plain or target.model == AUTO
    owner = OWN if own else provider_of(target.model).name
    return {"id": name, "object": "model", "created": 0, "owned_by": owner}
