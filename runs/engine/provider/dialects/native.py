"""A request as the chat completions API has it, before any dialect."""

from typing import Any

from runs.engine.provider.dialects.schemas import strict_schema
from runs.engine.provider.reasoning import is_plain
from runs.engine.types import ModelRequest

AUTO = "auto"


def native(request: ModelRequest) -> dict[str, Any]:
    """The body to send to an endpoint of which nothing is known."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": request.messages,
        "max_completion_tokens": request.max_output_tokens,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = request.tools
        body["tool_choice"] = request.tool_choice or AUTO
    body |= request.sampling
    if request.schema is not None:
        body |= strict_schema(request.schema)
    return body | _wishes(request)


def _wishes(request: ModelRequest) -> dict[str, str]:
    """What the user wishes, except of models that are known not to take it."""
    if is_plain(request.model):
        return {}
    wishes = {"reasoning_effort": request.effort, "verbosity": request.verbosity}
    return {name: wish for name, wish in wishes.items() if wish}
