"""A request as the chat completions API has it, before any dialect."""

from typing import Any

from runs.engine.provider.dialects.schemas import strict_schema
from runs.engine.types import ModelRequest

AUTO = "auto"


def native(request: ModelRequest, service_tier: str) -> dict[str, Any]:
    """The body to send. `service_tier` is empty where the endpoint is not known to have tiers."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": request.messages,
        "max_completion_tokens": request.max_output_tokens,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = request.tools
        body["tool_choice"] = request.tool_choice or AUTO
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if service_tier:
        body["service_tier"] = service_tier
    if request.schema is not None:
        body |= strict_schema(request.schema)
    return body
