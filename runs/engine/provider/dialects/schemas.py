"""Ways to ask for JSON, each a step down: strict schema, forced tool, JSON mode, text."""

from typing import Any

import orjson

from runs.engine.provider.dialects.rule import Body
from runs.engine.types import Message

ASK = "Answer with one JSON object of this JSON schema:\n"


def strict_schema(schema: dict[str, Any]) -> Body:
    """The parameters that ask for an answer of this schema natively."""
    named = {"name": schema.get("title", "answer"), "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def forced_tool(body: Body) -> Body:
    """The schema as the arguments of a tool that has to be called."""
    named = body.get("response_format", {}).get("json_schema")
    if named is None or body.get("tools"):
        return body
    function = {
        "name": named["name"],
        "description": "Gives the answer.",
        "parameters": named["schema"],
    }
    rest = {key: value for key, value in body.items() if key != "response_format"}
    return rest | {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": named["name"]}},
    }


def json_mode(body: Body) -> Body:
    """Any JSON object; its schema is told in the prompt."""
    choice = body.get("tool_choice")
    if not (isinstance(choice, dict) and choice["type"] == "function"):
        return body
    schema = body["tools"][0]["function"]["parameters"]
    rest = {key: value for key, value in body.items() if key not in ("tools", "tool_choice")}
    return rest | {
        "messages": _asked(body["messages"], ASK + orjson.dumps(schema).decode()),
        "response_format": {"type": "json_object"},
    }


def json_text(body: Body) -> Body:
    """Text, of which only the prompt says that it has to be JSON."""
    if body.get("response_format") != {"type": "json_object"}:
        return body
    return {key: value for key, value in body.items() if key != "response_format"}


def _asked(messages: list[Message], ask: str) -> list[Message]:
    *before, last = messages
    return [*before, last | {"content": f"{last['content']}\n\n{ask}"}]
