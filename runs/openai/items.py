"""Input and output items of the Responses API, and the messages that they are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from runs.engine.types import Message, ToolCall
from runs.openai.fields import Fields, InvalidField, UnsupportedField
from runs.openai.messages import INSTRUCTING, text_of, tool_call

ROLES = INSTRUCTING | {"user", "assistant"}
PARTS = {"user": "input_text", "system": "input_text", "developer": "input_text"}


def input_items(given: Any) -> list[dict[str, Any]]:
    """The input, checked, as items of one spelling."""
    if isinstance(given, str):
        return [message_item("user", given)]
    if not isinstance(given, list) or not given:
        raise InvalidField("This has to be text, or a list of items.", field="input")
    return [_item(one, f"input[{place}]") for place, one in enumerate(given)]


def _item(given: Any, param: str) -> dict[str, Any]:
    fields = Fields(given, param)
    kind = fields.text("type") or "message"
    if kind == "message":
        return _message(fields)
    if kind == "function_call":
        return _call(fields)
    if kind == "function_call_output":
        output = text_of(fields.any("output"), f"{param}.output")
        item = {"type": kind, "call_id": fields.needed("call_id"), "output": output}
        fields.refuse_rest(ignored=("id", "status"))
        return item
    raise UnsupportedField(f"Items of the type {kind} are not supported.", field=f"{param}.type")


def _message(fields: Fields) -> dict[str, Any]:
    role = fields.needed("role")
    if role not in ROLES:
        raise InvalidField(f"There is no role {role}.", field=f"{fields.path}.role")
    text = text_of(fields.any("content"), f"{fields.path}.content")
    fields.refuse_rest(ignored=("id", "status", "phase"))
    return message_item(role, text)


def _call(fields: Fields) -> dict[str, Any]:
    item = {
        "type": "function_call",
        "call_id": fields.needed("call_id"),
        "name": fields.needed("name"),
        "arguments": fields.text("arguments") or "",
    }
    fields.refuse_rest(ignored=("id", "status"))
    return item


def message_item(role: str, text: str) -> dict[str, Any]:
    """A message as an item of the input."""
    part: dict[str, Any] = {"type": PARTS.get(role, "output_text"), "text": text}
    if part["type"] == "output_text":
        part["annotations"] = []
    return {"type": "message", "role": role, "content": [part]}


def messages_of(items: Sequence[dict[str, Any]]) -> list[Message]:
    """The items as messages of a chat."""
    messages: list[Message] = []
    for item in items:
        if item["type"] == "message":
            role = "system" if item["role"] in INSTRUCTING else item["role"]
            messages.append({"role": role, "content": text_of(item["content"], "input")})
        elif item["type"] == "function_call":
            call = tool_call(item["call_id"], item["name"], item["arguments"])
            _add_call(messages, call)
        else:
            messages.append(
                {"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]}
            )
    return messages


def _add_call(messages: list[Message], call: dict[str, Any]) -> None:
    """Calls that were made together are in one message."""
    last = messages[-1] if messages else None
    if last is None or last["role"] != "assistant":
        last = {"role": "assistant", "content": None}
        messages.append(last)
    last.setdefault("tool_calls", []).append(call)


def shown(items: Sequence[dict[str, Any]], run_id: UUID) -> list[dict[str, Any]]:
    """Input items with ids of their own."""
    return [{"id": f"in_{run_id.hex}_{n}", **item} for n, item in enumerate(items)]


def output_message(run_id: UUID, text: str, status: str) -> dict[str, Any]:
    """The answer as an item."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return _output(run_id, status, [part])


def refusal_message(run_id: UUID, refusal: str) -> dict[str, Any]:
    """The words of a refusal as an item."""
    return _output(run_id, "completed", [{"type": "refusal", "refusal": refusal}])


def _output(run_id: UUID, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": message_id(run_id),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def message_id(run_id: UUID) -> str:
    """A run has one message."""
    return f"msg_{run_id.hex}"


def output_call(run_id: UUID, place: int, call: ToolCall) -> dict[str, Any]:
    """A call of one of the caller's tools as an item."""
    return {
        "id": f"fc_{run_id.hex}_{place}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    }
