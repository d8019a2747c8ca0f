"""A request of the Responses API, read as the chat completion that it comes to."""

from typing import Any

import orjson

from .chat import ChatRequest, parse_chat
from .errors import bad_request

_PARAMETERS = frozenset(
    (
        *("background", "input", "instructions", "max_output_tokens", "metadata", "model"),
        *("parallel_tool_calls", "prompt_cache_key", "reasoning", "safety_identifier"),
        *("service_tier", "store", "stream", "temperature", "text", "tool_choice", "tools"),
        "top_p",
    )
)
_SAME = (
    *("model", "metadata", "parallel_tool_calls", "prompt_cache_key", "safety_identifier"),
    *("service_tier", "temperature", "top_p"),
)


def parse_response(raw: bytes, extra_models: frozenset[str]) -> ChatRequest:
    """Read a request body; raise the error OpenAI would answer for a bad one."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise bad_request("We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise bad_request("The body of your request must be a JSON object.")
    if unknown := [name for name in body if name not in _PARAMETERS]:
        raise bad_request(f"Unknown parameter: '{unknown[0]}'.", unknown[0])
    if not (body.get("background") and body.get("stream")):
        raise bad_request("The simulator gives responses in the background, as a stream.")
    if body.get("store") is False:
        raise bad_request("Background mode requires 'store' to be true.", "store")
    try:
        chat = orjson.dumps(_chat(body))
    except (KeyError, TypeError, AttributeError):
        raise bad_request("Invalid 'input'.", "input") from None
    return parse_chat(chat, extra_models)


def _chat(body: dict[str, Any]) -> dict[str, Any]:
    chat = {name: body[name] for name in _SAME if body.get(name) is not None}
    given = body.get("input") or []
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    chat["messages"] = _messages(items)
    if body.get("instructions"):
        chat["messages"].insert(0, {"role": "system", "content": body["instructions"]})
    if body.get("max_output_tokens") is not None:
        chat["max_completion_tokens"] = body["max_output_tokens"]
    if body.get("tools"):
        chat["tools"] = [
            {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}
            for tool in body["tools"]
        ]
        choice = body.get("tool_choice", "auto")
        if isinstance(choice, dict):
            choice = {"type": "function", "function": {"name": choice["name"]}}
        chat["tool_choice"] = choice
    if effort := (body.get("reasoning") or {}).get("effort"):
        chat["reasoning_effort"] = effort
    text = body.get("text") or {}
    if text.get("verbosity"):
        chat["verbosity"] = text["verbosity"]
    if form := text.get("format"):
        named = {name: value for name, value in form.items() if name != "type"}
        chat["response_format"] = {"type": form["type"]} | ({"json_schema": named} if named else {})
    return chat | {"stream": True, "store": True}


def _messages(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls that follow each other, or a text, are one turn of the assistant."""
    messages: list[dict[str, Any]] = []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            messages.append({"role": item["role"], "content": item["content"]})
        elif kind == "function_call_output":
            told = {"tool_call_id": item["call_id"], "content": item["output"]}
            messages.append({"role": "tool", **told})
        elif kind == "function_call":
            if not messages or messages[-1]["role"] != "assistant":
                messages.append({"role": "assistant", "content": None})
            function = {"name": item["name"], "arguments": item["arguments"]}
            call = {"id": item["call_id"], "type": "function", "function": function}
            messages[-1].setdefault("tool_calls", []).append(call)
        else:
            raise bad_request(f"The simulator takes no item of type '{kind}'.", "input")
    return messages
