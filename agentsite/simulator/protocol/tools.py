"""The tools of a request, and which of them the model may call."""

import re
from collections.abc import Mapping
from typing import Any

from .errors import bad_request
from .strict import check_strict_schema

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


def read_tools(body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The functions by name; raise a 400 for a bad one."""
    tools = {}
    for index, tool in enumerate(body.get("tools") or ()):
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str) or not NAME.match(name):
            where = f"tools[{index}].function.name"
            raise bad_request(f"Invalid '{where}'.", where)
        if function.get("strict"):
            check_strict_schema(function.get("parameters"), f"function '{name}'")
        tools[name] = function
    return tools


def read_choice(body: Mapping[str, Any], tools: Mapping[str, Any]) -> tuple[str, str | None]:
    """Whether tools may, must or can't be called, and the one that must be; raise a 400."""
    choice = body.get("tool_choice")
    if choice is None:
        return ("auto" if tools else "none"), None
    if not tools:
        raise bad_request(
            "'tool_choice' is only allowed when 'tools' are specified.", "tool_choice"
        )
    if choice in ("none", "auto", "required"):
        return choice, None
    if (names := _allowed_names(body)) is not None:
        return str(choice["allowed_tools"].get("mode")) if names else "none", None
    name = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    if name not in tools:
        raise bad_request(f"Tool choice '{name}' not found in 'tools'.", "tool_choice")
    return "required", name


def allowed(body: Mapping[str, Any], tools: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Those tools to which the choice is narrowed."""
    names = _allowed_names(body)
    return tools if names is None else {name: tools[name] for name in tools if name in names}


def _allowed_names(body: Mapping[str, Any]) -> set[str] | None:
    """None where the choice isn't narrowed."""
    choice = body.get("tool_choice")
    if not isinstance(choice, dict) or choice.get("type") != "allowed_tools":
        return None
    narrowed = choice.get("allowed_tools")
    mode, tools = map(narrowed.get, ("mode", "tools")) if isinstance(narrowed, dict) else (0, 0)
    if not isinstance(tools, list) or mode not in ("auto", "required"):
        where = "tool_choice.allowed_tools"
        raise bad_request(f"Invalid '{where}': needs a 'mode' and 'tools'.", where)
    return {str(tool["function"]["name"]) for tool in tools}
