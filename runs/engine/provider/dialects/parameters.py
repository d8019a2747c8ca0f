"""Changes of single parameters."""

from typing import Any

from runs.engine.provider.dialects.rule import Body, Change

EFFORT = "reasoning_effort"
# We check what comes against the whole schema ourselves.
KEYWORDS = frozenset(
    {"additionalProperties", "$schema", "title", "default", "minimum", "maximum"}
    | {"minLength", "maxLength", "minItems", "maxItems"}
)


def renamed(name: str, new: str) -> Change:
    """A change that gives a parameter another name."""

    def change(body: Body) -> Body:
        return {new if key == name else key: value for key, value in body.items()}

    return change


def left_out(name: str) -> Change:
    """A change that leaves a parameter out."""

    def change(body: Body) -> Body:
        return {key: value for key, value in body.items() if key != name}

    return change


def instead(name: str, value: str, other: str) -> Change:
    """A change that puts another value in the place of one."""

    def change(body: Body) -> Body:
        return body | {name: other} if body.get(name) == value else body

    return change


def no_effort_with_tools(body: Body) -> Body:
    """No word on the effort where tools are declared."""
    return left_out(EFFORT)(body) if "tools" in body else body


def not_strict(body: Body) -> Body:
    """The schema without the word that it is strict."""
    asked = body.get("response_format", {})
    if "json_schema" not in asked:
        return body
    named = {key: value for key, value in asked["json_schema"].items() if key != "strict"}
    return body | {"response_format": asked | {"json_schema": named}}


def plain_schemas(body: Body) -> Body:
    """Schemas of tools and answers without the keywords that not every endpoint knows."""
    changed = dict(body)
    if "tools" in body:
        changed["tools"] = [_plain_tool(tool) for tool in body["tools"]]
    if named := body.get("response_format", {}).get("json_schema"):
        schema = named | {"schema": _plain(named["schema"])}
        changed["response_format"] = body["response_format"] | {"json_schema": schema}
    return changed


def _plain_tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    return tool | {"function": function | {"parameters": _plain(function["parameters"])}}


def _plain(schema: Any) -> Any:
    """Properties keep their names, whatever these are; of several types, the first is left."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key not in KEYWORDS}
    if isinstance(types := schema.get("type"), list):
        plain["type"] = types[0]
    if isinstance(named := schema.get("properties"), dict):
        plain["properties"] = {name: _plain(value) for name, value in named.items()}
    return plain
