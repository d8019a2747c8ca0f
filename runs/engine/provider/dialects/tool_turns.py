"""Changes of the turns with tool calls, and of the tools themselves."""

import hashlib

from runs.engine.provider import turn
from runs.engine.provider.dialects.native import AUTO
from runs.engine.provider.dialects.roles import Turns, merged
from runs.engine.provider.dialects.rule import Body
from runs.engine.types import Message

SHORT_ID = 9
TOOL_FIELDS = ("tools", "tool_choice", "parallel_tool_calls")
CALL_FIELDS = ("id", "type", "function")
REASONING_FIELDS = {*turn.TEXTS, "reasoning_details", "thinking_blocks", "reasoning_opaque"}


def without_tools(body: Body) -> Body:
    """No tools where none may be called; then their turns can only be told as text."""
    if body.get("tool_choice") != "none":
        return body
    rest = {key: value for key, value in body.items() if key not in TOOL_FIELDS}
    return rest | {"messages": as_text(body["messages"])}


def no_allowed_tools(body: Body) -> Body:
    """Tools forbidden by the older word."""
    choice = body.get("tool_choice")
    if not (isinstance(choice, dict) and choice["type"] == "allowed_tools"):
        return body
    return body | {"tool_choice": "none"}


def no_tool_choice(body: Body) -> Body:
    """No word on what is the default anyway."""
    if body.get("tool_choice") != AUTO:
        return body
    return {key: value for key, value in body.items() if key != "tool_choice"}


def as_text(messages: Turns) -> Turns:
    """Calls and results in words, by the assistant and the user."""
    names: dict[str, str] = {}
    told: Turns = []
    for message in messages:
        for call in message.get("tool_calls", ()):
            names[call["id"]] = call["function"]["name"]
        told.append(_told(message, names))
    return told if not names else merged(told)


def one_call_a_turn(messages: Turns) -> Turns:
    """Calls of one turn, each in a turn of its own with its result behind it."""
    results = {m["tool_call_id"]: m for m in messages if m["role"] == "tool"}
    spoken: Turns = []
    for message in messages:
        calls = message.get("tool_calls", ())
        if len(calls) > 1:
            for place, call in enumerate(calls):
                content = None if place else message["content"]
                spoken.append(message | {"content": content, "tool_calls": [call]})
                spoken.append(results.pop(call["id"]))
        elif message["role"] != "tool" or message["tool_call_id"] in results:
            spoken.append(message)
    return spoken


def short_ids(messages: Turns) -> Turns:
    """Ids of nine letters and digits, which are the same on every turn."""
    return [_with_short_ids(message) for message in messages]


def named_results(messages: Turns) -> Turns:
    """Each result says which tool it is from."""
    names = {
        call["id"]: call["function"]["name"] for m in messages for call in m.get("tool_calls", ())
    }
    return [m | {"name": names[m["tool_call_id"]]} if m["role"] == "tool" else m for m in messages]


def nothing_beside_calls(messages: Turns) -> Turns:
    """Calls with their own fields only."""
    return [
        m | {"tool_calls": [{name: call[name] for name in CALL_FIELDS} for call in m["tool_calls"]]}
        if "tool_calls" in m
        else m
        for m in messages
    ]


def no_reasoning(messages: Turns) -> Turns:
    """Turns without the reasoning that came with them."""
    return [{k: v for k, v in m.items() if k not in REASONING_FIELDS} for m in messages]


def reasoning_always(messages: Turns) -> Turns:
    """Turns with calls always have a reasoning field, also where the model sent none."""
    return [{"reasoning_content": " "} | m if "tool_calls" in m else m for m in messages]


def text_or_calls(messages: Turns) -> Turns:
    """Turns with calls have no text."""
    return [m | {"content": None} if "tool_calls" in m else m for m in messages]


def content_is_text(messages: Turns) -> Turns:
    """Content is an empty text where there is none."""
    return [m | {"content": ""} if m.get("content") is None else m for m in messages]


def content_has_text(messages: Turns) -> Turns:
    """Content is never empty."""
    return [
        m if (m.get("content") or "").strip() else m | {"content": _filled(m)} for m in messages
    ]


def _filled(message: Message) -> str:
    return "Calling tools." if "tool_calls" in message else "(nothing)"


def _told(message: Message, names: dict[str, str]) -> Message:
    if message["role"] == "tool":
        tool = names.get(message["tool_call_id"], "tool")
        return {"role": "user", "content": f"{tool} returned:\n{message['content']}"}
    if "tool_calls" not in message:
        return message
    functions = [call["function"] for call in message["tool_calls"]]
    calls = [f"I call {function['name']}({function['arguments']})" for function in functions]
    text = "\n".join(filter(None, (message["content"], *calls)))
    return {"role": "assistant", "content": text}


def _with_short_ids(message: Message) -> Message:
    if message["role"] == "tool":
        return message | {"tool_call_id": _short(message["tool_call_id"])}
    if "tool_calls" not in message:
        return message
    return message | {"tool_calls": [c | {"id": _short(c["id"])} for c in message["tool_calls"]]}


def _short(id: str) -> str:
    return hashlib.sha256(id.encode()).hexdigest()[:SHORT_ID]
