"""A request as the Responses API has it, made in the background and stored."""

from collections.abc import Iterator
from typing import Any

from runs.engine.provider.dialects.native import native
from runs.engine.provider.dialects.openai import TIER
from runs.engine.provider.openai_model import CALL_ID
from runs.engine.types import Message, ModelRequest

# Of the sampling settings, those that this API has.
SAMPLING = ("temperature", "top_p")


def background_body(request: ModelRequest) -> dict[str, Any]:
    """The body to send. `stop` is not among what this API takes, and is left out."""
    chat = native(request)
    body: dict[str, Any] = {
        "model": request.model,
        "input": [item for message in request.messages for item in _items(message)],
        "max_output_tokens": request.max_output_tokens,
        "background": True,
        "store": True,
        "stream": True,
        "service_tier": TIER,
        "metadata": {CALL_ID: request.call_id},
    }
    body |= {name: chat[name] for name in SAMPLING if name in chat}
    if request.tools:
        body["tools"] = [{"type": "function", **tool["function"]} for tool in request.tools]
        body["tool_choice"] = _choice(chat["tool_choice"])
        body["parallel_tool_calls"] = request.parallel
    if effort := chat.get("reasoning_effort"):
        body["reasoning"] = {"effort": effort}
    if text := _text(chat):
        body["text"] = text
    if request.origin.cache_key:
        body["prompt_cache_key"] = request.origin.cache_key
    if request.origin.safety_identifier:
        body["safety_identifier"] = request.origin.safety_identifier
    return body


def _items(message: Message) -> Iterator[dict[str, Any]]:
    role, content = message["role"], message.get("content")
    if role == "tool":
        given = {"call_id": message["tool_call_id"], "output": content or ""}
        yield {"type": "function_call_output", **given}
        return
    if content:
        yield {"role": role, "content": content}
    for call in message.get("tool_calls", ()):
        function = call["function"]
        named = {"name": function["name"], "arguments": function["arguments"]}
        yield {"type": "function_call", "call_id": call["id"], **named}


def _choice(choice: Any) -> Any:
    """One named function is named without a level between."""
    if isinstance(choice, dict) and "function" in choice:
        return {"type": "function", "name": choice["function"]["name"]}
    return choice


def _text(chat: dict[str, Any]) -> dict[str, Any]:
    """How the text is to be: its form, and how long-winded."""
    text: dict[str, Any] = {}
    if wanted := chat.get("response_format"):
        text["format"] = {"type": wanted["type"], **wanted.get("json_schema", {})}
    if verbosity := chat.get("verbosity"):
        text["verbosity"] = verbosity
    return text
