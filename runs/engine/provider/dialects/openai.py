"""What OpenAI itself takes. Others may not know it, and would lose a request for nothing."""

from typing import Any

from runs.engine.provider.dialects.native import native
from runs.engine.provider.reasoning import reasons
from runs.engine.types import Message, ModelRequest

# Regions have a name before it.
HOST = "api.openai.com"
# `auto`, their default, means whatever the project's owner chose, which may be dearer.
TIER = "default"
# Forbids tools, and leaves the list of tools alone: a cached prompt begins with it.
NO_TOOLS = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}


def is_openai(host: str) -> bool:
    """True of OpenAI's own addresses."""
    return f".{host}".endswith(f".{HOST}")


def openai_body(request: ModelRequest) -> dict[str, Any]:
    """The body to send to OpenAI."""
    body = native(request)
    body["service_tier"] = TIER
    if reasons(request.model):
        body["messages"] = [_developer(message) for message in request.messages]
    if request.tools and not request.parallel:
        body["parallel_tool_calls"] = False
    if body.get("tool_choice") == "none":
        body["tool_choice"] = NO_TOOLS
    if request.origin.cache_key:
        body["prompt_cache_key"] = request.origin.cache_key
    if request.origin.safety_identifier:
        body["safety_identifier"] = request.origin.safety_identifier
    return body


def _developer(message: Message) -> Message:
    """To models that reason, the developer speaks, and the system is OpenAI's."""
    return message | {"role": "developer"} if message["role"] == "system" else message
