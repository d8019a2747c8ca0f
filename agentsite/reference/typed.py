"""The objects of the OpenAPI document as Python: the source of `agentsite/client/types.py`."""

import json
import keyword
from collections.abc import Iterator
from typing import Any

from agentsite.reference.kinds import Schema, named

Components = dict[str, Schema]
# What the client gives back; what these are made of comes with them.
GIVEN = ("Budget", "Estimate", "Event", "Ledger", "Me", "Run", "Step", "UsageReport")
# What it sends with a task.
SENT = "SubmissionRequest"
NOT_SENT = {"task", "fork"}
HEAD = '''"""What the site says and is told, as types. Written by `manage.py client_types`."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict
'''
SENT_HEAD = '''class SubmissionFields(TypedDict, total=False):
    """What may be said with a task."""

'''
SCALARS = {
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "string": "str",
    "object": "dict[str, Any]",
}
FORMATS = {"date": "date", "date-time": "datetime", "decimal": "Decimal"}
WIDTH = 100
LITERAL = "Literal["


def source(document: dict[str, Any]) -> str:
    """The module's text."""
    components: Components = document["components"]["schemas"]
    classes = [_dataclass(name, components) for name in _needed(components)]
    return "\n\n".join([HEAD, *classes, _sent(components)])


def _needed(components: Components) -> list[str]:
    """The objects in an order in which each stands after what it is made of."""
    found: list[str] = []

    def visit(name: str) -> None:
        for inner in _objects_in(components[name], components):
            if inner not in found:
                visit(inner)
        if name not in found:
            found.append(name)

    for name in GIVEN:
        visit(name)
    return found


def _objects_in(schema: Any, components: Components) -> Iterator[str]:
    """The names of the objects that a schema refers to."""
    if isinstance(schema, dict):
        name = named(schema)
        if name and "properties" in components[name]:
            yield name
        for inner in schema.values():
            yield from _objects_in(inner, components)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _objects_in(inner, components)


def _dataclass(name: str, components: Components) -> str:
    component = components[name]
    required = component.get("required", ())
    lines, optional = [], []
    for field, schema in component["properties"].items():
        hint = hint_of(schema, components)
        if field in required:
            lines.append(_line(field, hint))
        else:
            optional.append(_line(field, _or_none(hint), " = None"))
    head = f'@dataclass(frozen=True, slots=True)\nclass {name}:\n    """{_said(component)}"""\n\n'
    return head + "".join(lines + optional)


def _sent(components: Components) -> str:
    lines = [
        _line(field, hint_of(schema, components, sent=True))
        for field, schema in components[SENT]["properties"].items()
        if field not in NOT_SENT
    ]
    return SENT_HEAD + "".join(lines)


def hint_of(schema: Schema, components: Components, *, sent: bool = False) -> str:
    """The type of a value of this schema; of one that is `sent`, whatever is easy to say."""
    if name := named(schema):
        component = components[name]
        return name if "properties" in component and not sent else hint_of(component, components)
    for together in ("allOf", "oneOf", "anyOf"):
        if together in schema:
            parts = [hint_of(part, components, sent=sent) for part in schema[together]]
            return _either(parts)
    if "enum" in schema:
        return f"{LITERAL}{', '.join(json.dumps(value) for value in schema['enum'])}]"
    types = schema.get("type", "any")
    names = [types] if isinstance(types, str) else types
    return _either([_typed(name, schema, components, sent) for name in names])


def _typed(name: str, schema: Schema, components: Components, sent: bool) -> str:
    if name == "null":
        return "None"
    if name == "array":
        return f"list[{hint_of(schema['items'], components, sent=sent)}]"
    values = schema.get("additionalProperties")
    if name == "object" and isinstance(values, dict) and values:
        return f"dict[str, {hint_of(values, components, sent=sent)}]"
    hint = FORMATS.get(schema.get("format", ""), SCALARS.get(name, "Any"))
    return f"{hint} | str" if sent and hint == "Decimal" else hint


def _either(hints: list[str]) -> str:
    """One of several types; what is literal is said together, and null comes last."""
    choices = [hint.removeprefix(LITERAL)[:-1] for hint in hints if hint.startswith(LITERAL)]
    literal = [f"{LITERAL}{', '.join(choices)}]"] if choices else []
    others = dict.fromkeys(hint for hint in hints if not hint.startswith(LITERAL))
    return " | ".join(sorted([*literal, *others], key=lambda hint: hint == "None"))


def _line(field: str, hint: str, default: str = "") -> str:
    """A field; one that is too long for a line has a line for each choice."""
    line = f"    {_spelt(field)}: {hint}{default}\n"
    if len(line) <= WIDTH + 1:
        return line
    choices = hint.removeprefix(LITERAL)[:-1].split(", ")
    inner = "".join(f"        {choice},\n" for choice in choices)
    return f"    {_spelt(field)}: {LITERAL}\n{inner}    ]{default}\n"


def _or_none(hint: str) -> str:
    return hint if hint.endswith("None") or hint == "Any" else f"{hint} | None"


def _spelt(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name == "self" else name


def _said(component: Schema) -> str:
    """The first sentence of its description."""
    text = " ".join(component.get("description", "").split("\n\n")[0].split())
    return text if len(text) <= WIDTH - 10 else f"{text.partition('. ')[0]}."
