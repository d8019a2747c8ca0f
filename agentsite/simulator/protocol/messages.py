"""What OpenAI asks of a request's messages: roles, contents, and an answer to every tool call."""

from collections.abc import Mapping
from typing import Any

from .errors import bad_request

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def check_messages(messages: list[Any]) -> None:
    """Raise a 400 for a bad message, or for a tool call that was never answered."""
    unanswered: set[str] = set()
    for index, message in enumerate(messages):
        where = f"messages.[{index}]"
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise bad_request(f"Invalid value: '{where}.role'.", f"{where}.role")
        if message["role"] == "tool":
            if message.get("tool_call_id") not in unanswered:
                raise bad_request(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceding message with 'tool_calls'.",
                    f"{where}.role",
                )
            unanswered.discard(message["tool_call_id"])
        elif unanswered:
            raise _unanswered(unanswered, where)
        _check_content(message, where)
        unanswered |= _call_ids(message, where)
    if unanswered:
        raise _unanswered(unanswered, "messages")


def _unanswered(ids: set[str], where: str) -> Exception:
    return bad_request(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        f"each 'tool_call_id'. These did not have response messages: {', '.join(sorted(ids))}",
        where,
    )


def _check_content(message: Mapping[str, Any], where: str) -> None:
    content = message.get("content")
    if isinstance(content, list):
        good = all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in content)
    elif message["role"] == "assistant":
        good = isinstance(content, str) or (content is None and bool(message.get("tool_calls")))
    else:
        good = isinstance(content, str)
    if not good:
        raise bad_request(f"Invalid value for '{where}.content'.", f"{where}.content")


def _call_ids(message: Mapping[str, Any], where: str) -> set[str]:
    ids = set()
    for call in message.get("tool_calls") or ():
        function = call.get("function") if isinstance(call, dict) else None
        if not (
            isinstance(function, dict)
            and isinstance(call.get("id"), str)
            and isinstance(function.get("name"), str)
            and isinstance(function.get("arguments"), str)
        ):
            raise bad_request(f"Invalid value for '{where}.tool_calls'.", f"{where}.tool_calls")
        ids.add(call["id"])
    return ids
