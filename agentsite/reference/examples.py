"""Examples of all that is exchanged: objects as the schemas say, with values by their names."""

from typing import Any

from agentsite.reference.example_values import (
    BODIES,
    CHANGES,
    OF_FORMATS,
    RUN,
    SHOWN,
    TEXTS,
    VALUES,
)
from agentsite.reference.kinds import Schema, named

Components = dict[str, Schema]
OF_TYPES: dict[str, Any] = {"boolean": False, "null": None, "object": {}, "number": 1.5}
DEPTH = 8


def add_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook, to be run after all that add schemas."""
    components: Components = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            _add(operation.get("requestBody", {}), components, {})
            for status, answer in operation["responses"].items():
                changes = CHANGES.get(operation["operationId"], {}) or CHANGES.get(status, {})
                _add(answer, components, changes)
    return result


def _add(exchanged: dict[str, Any], components: Components, changes: dict[str, Any]) -> None:
    """An example of each body; of a run that has only been taken, with these changes."""
    for media_type, body in exchanged.get("content", {}).items():
        example: Any = TEXTS.get(media_type) or example_of(body["schema"], components)
        body["example"] = example | changes if _is_run(body["schema"]) else example


def _is_run(schema: Schema) -> bool:
    return any(named(part) == "Run" for part in schema.get("anyOf", [schema]))


def example_of(schema: Schema, components: Components, name: str = "", of: str = "") -> Any:
    """A value of this schema: of the property `name` of the object `of`, where it is one."""
    return _example(schema, components, name, of, DEPTH)


def _example(schema: Schema, components: Components, name: str, of: str, depth: int) -> Any:
    for key in (f"{of}.{name}", name):
        if key in VALUES and _fits(VALUES[key], schema, components):
            return VALUES[key]
    if component := named(schema):
        if component in BODIES:
            return BODIES[component]
        return _example(components[component], components, "", component, depth - 1)
    for together in ("allOf", "oneOf", "anyOf"):
        if together in schema:
            null = {"type": "null"} in schema[together] and f"{of}.{name}" not in SHOWN
            return None if null else _example(schema[together][0], components, name, of, depth)
    if "enum" in schema:
        return schema["enum"][0]
    return _typed(schema, components, name, of, depth)


def _typed(schema: Schema, components: Components, name: str, of: str, depth: int) -> Any:
    types = schema.get("type", "object")
    kind = types if isinstance(types, str) else types[0]
    if isinstance(types, list) and "null" in types and f"{of}.{name}" not in SHOWN:
        return None
    if kind == "array":
        return [_example(schema["items"], components, name, of, depth)] if depth > 0 else []
    if kind == "object" and "properties" in schema:
        return _object(schema, components, of, depth)
    if kind == "integer":
        return schema.get("minimum", 1)
    if kind == "string":
        return OF_FORMATS.get(schema.get("format", ""), f"{name or 'text'}")
    return OF_TYPES[kind]


def _object(schema: Schema, components: Components, of: str, depth: int) -> dict[str, Any]:
    """What is required, and what else has a value of its own."""
    required = schema.get("required", ())
    return {
        name: _example(inner, components, name, of, depth)
        for name, inner in schema["properties"].items()
        if name in required or f"{of}.{name}" in VALUES
    }


def _fits(value: Any, schema: Schema, components: Components) -> bool:
    """Whether a value by name has the type that is asked for, and is one of its choices."""
    if component := named(schema):
        return _fits(value, components[component], components)
    for together in ("allOf", "oneOf", "anyOf"):
        if together in schema:
            return any(_fits(value, part, components) for part in schema[together])
    if "enum" in schema:
        return value in schema["enum"]
    if "properties" in schema:
        return isinstance(value, dict) and set(schema.get("required", ())) <= set(value)
    types = schema.get("type", "any")
    names = [types] if isinstance(types, str) else types
    return _type_of(value) in names and _has_format(value, schema)


def _has_format(value: Any, schema: Schema) -> bool:
    if schema.get("type") == "array":
        return all(_type_of(item) == schema["items"].get("type", _type_of(item)) for item in value)
    if schema.get("format") == "uuid" and value is not None:
        return len(value) == len(RUN)
    return True


def _type_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else kinds.get(type(value), "object")
