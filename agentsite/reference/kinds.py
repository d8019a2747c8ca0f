"""Says in a few words what a JSON Schema of the OpenAPI document lets through."""

from dataclasses import dataclass, replace
from typing import Any

Schema = dict[str, Any]
ENVELOPE = {"next", "previous", "results"}
BOUNDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("maxLength", "up to {} characters"),
    ("maxItems", "up to {} of them"),
)
FORMATS = {"decimal": "decimal string", "uuid": "UUID", "date-time": "date and time", "uri": "URL"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: words such as `list of`, then the name of an object that the page describes."""

    words: str
    object: str = ""
    nullable: bool = False
    choices: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()


def named(schema: Schema) -> str:
    """The component that a schema refers to."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def kind_of(schema: Schema, components: dict[str, Schema]) -> Kind:
    """What values of this schema look like."""
    if name := named(schema):
        return _of_component(name, components)
    for together in ("allOf", "oneOf", "anyOf"):
        if together in schema:
            return _of_parts(schema[together], components)
    types = schema.get("type", "object")
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    kind = _of_type(names[0], schema, components)
    bounds = tuple(said.format(schema[key]) for key, said in BOUNDS if key in schema)
    return replace(kind, nullable="null" in types, bounds=(*kind.bounds, *bounds))


def _of_component(name: str, components: dict[str, Schema]) -> Kind:
    component = components[name]
    if "enum" in component:
        return Kind(component["type"], choices=tuple(component["enum"]))
    if is_envelope(component):
        rows = kind_of(component["properties"]["results"]["items"], components)
        return replace(rows, words=f"page of {rows.words}".strip())
    return Kind("", object=name)


def is_envelope(component: Schema) -> bool:
    """Whether it only wraps the rows of a list."""
    return set(component.get("properties", ())) == ENVELOPE


def _of_parts(parts: list[Schema], components: dict[str, Schema]) -> Kind:
    said = [part for part in parts if part != {"type": "null"}]
    kind = kind_of(said[0], components)
    return replace(kind, nullable=kind.nullable or len(said) < len(parts))


def _of_type(name: str, schema: Schema, components: dict[str, Schema]) -> Kind:
    if name == "array":
        items = kind_of(schema["items"], components)
        return replace(items, words=f"list of {items.words}".strip())
    values = schema.get("additionalProperties")
    if name == "object" and isinstance(values, dict) and values:
        value = kind_of(values, components)
        return replace(value, words=f"object of {value.words}".strip())
    words = FORMATS.get(schema.get("format", ""), name)
    return Kind(words, choices=tuple(schema.get("enum", ())))
