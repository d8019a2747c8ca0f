"""The JSON schema in which a user wants the answer: checked, closed, and cheap to hold answers to.

What is taken is the part of JSON Schema 2020-12 that strict endpoints know, so that one schema does
for all of them. An answer that fits what `ready` makes of a schema fits that schema as well.
"""

from collections.abc import Mapping
from typing import Any

import jsonschema
import orjson

MAX_BYTES = 20_000
MAX_LEVELS = 10
# Of properties, items, alternatives and values of enumerations, references filled in.
MAX_PARTS = 400
# How often one value of an answer may be looked at, since each alternative looks at it anew.
MAX_LOOKS = 16

DEFINITIONS = "#/$defs/"
NULL = {"type": "null"}
# What an endpoint is sent; the rest is told in the prompt and checked here.
SENT = frozenset(
    {"type", "description", "properties", "required", "additionalProperties", "items", "anyOf"}
    | {"enum"}
)
TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
REMARKS = frozenset(
    {"$comment", "title", "default", "examples", "deprecated", "readOnly", "writeOnly", "format"}
)
LEFT_OUT = frozenset({"$schema", "$defs"})
KNOWN = SENT | NUMBERS | COUNTS | REMARKS | LEFT_OUT | {"$ref", "const"}
ADVICE = {
    "pattern": "Say the form of a text in its description.",
    "patternProperties": "Name the properties, or make it a list of objects.",
    "oneOf": "Write anyOf.",
    "allOf": "Write the parts as one.",
    "uniqueItems": "Say it in the description.",
}


class Unusable(ValueError):
    """A schema that can't be used here; the message says where and why."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")


def ready(schema: Any) -> dict[str, Any]:
    """The schema with its references filled in and its objects closed. Raises `Unusable`."""
    schema = _plain(schema)
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise Unusable("$", "the answer has to be an object: write “type”: “object”.")
    if "anyOf" in schema or "$ref" in schema:
        raise Unusable("$", "the answer itself can’t be anyOf or a $ref; a property can.")
    made = _Reader(schema).part(schema, "$", ())
    if len(orjson.dumps(made)) > MAX_BYTES:
        raise Unusable("$", f"it is longer than {MAX_BYTES:,} bytes with its references filled in.")
    if _looks(made) > MAX_LOOKS:
        raise Unusable("$", f"more than {MAX_LOOKS} alternatives would have to be tried at once.")
    return made


def portable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What endpoints are sent of a ready schema: only what all of them know."""
    sent = {name: value for name, value in schema.items() if name in SENT}
    if "const" in schema:
        sent["enum"] = [schema["const"]]
    if "properties" in schema:
        sent["properties"] = {name: portable(one) for name, one in schema["properties"].items()}
    if "items" in schema:
        sent["items"] = portable(schema["items"])
    if "anyOf" in schema:
        sent["anyOf"] = [portable(one) for one in schema["anyOf"]]
    return sent


def _plain(schema: Any) -> Any:
    """As it is after it was sent as JSON."""
    try:
        text = orjson.dumps(schema)
    except TypeError as error:
        raise Unusable("$", f"it can’t be written as JSON: {error}.") from error
    if len(text) > MAX_BYTES:
        raise Unusable("$", f"it is longer than {MAX_BYTES:,} bytes.")
    return orjson.loads(text)


class _Reader:
    """Walks a schema once. Levels and parts are counted on the way, so that nothing explodes."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._definitions = root.get("$defs", {})
        self._parts = 0

    def part(self, part: Any, path: str, within: tuple[str, ...], level: int = 0) -> dict[str, Any]:
        """One part, ready. `within` are the references that lead here."""
        if not isinstance(part, dict):
            raise Unusable(path, "a schema is an object.")
        part, within = self._resolved(part, path, within)
        self._count(path, level, 1 + len(part["enum"]) if _is_list(part, "enum") else 1)
        if strange := sorted(part.keys() - KNOWN):
            advice = ADVICE.get(strange[0], "")
            raise Unusable(path, f"the keyword “{strange[0]}” isn’t taken here. {advice}".strip())
        _check_kind(part, path)
        _check_values(part, path)
        made = {name: value for name, value in part.items() if name not in LEFT_OUT}
        if "properties" in part:
            made |= self._object(part, path, within, level)
        if "items" in part:
            made["items"] = self.part(part["items"], f"{path}[]", within, level + 1)
        if "anyOf" in part:
            made["anyOf"] = self._alternatives(part["anyOf"], path, within, level)
        return made

    def _count(self, path: str, level: int, parts: int) -> None:
        self._parts += parts
        if level > MAX_LEVELS:
            raise Unusable(path, f"it is nested deeper than {MAX_LEVELS} levels.")
        if self._parts > MAX_PARTS:
            raise Unusable("$", f"it has more than {MAX_PARTS} parts, references filled in.")

    def _resolved(
        self, part: dict[str, Any], path: str, within: tuple[str, ...]
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The part with what it refers to in place of the reference."""
        while "$ref" in part:
            ref = part["$ref"]
            name = ref.removeprefix(DEFINITIONS) if isinstance(ref, str) else ""
            if not isinstance(ref, str) or not ref.startswith(DEFINITIONS):
                raise Unusable(path, "a $ref has to begin with #/$defs/.")
            found = self._definitions.get(name) if isinstance(self._definitions, dict) else None
            if not isinstance(found, dict):
                raise Unusable(path, f"there is no {ref[:100]}.")
            if name in within:
                raise Unusable(path, f"{ref[:100]} contains itself.")
            within = (*within, name)
            part = found | {key: value for key, value in part.items() if key != "$ref"}
        return part, within

    def _object(
        self, part: dict[str, Any], path: str, within: tuple[str, ...], level: int
    ) -> dict[str, Any]:
        """Its properties, all of them required, and no others."""
        if part.get("additionalProperties", False) is not False:
            raise Unusable(path, "additionalProperties has to be false: name every property.")
        named, required = part["properties"], part.get("required", [])
        if not isinstance(named, dict) or not named or not isinstance(required, list):
            raise Unusable(path, "an object names its properties, and lists those required.")
        if unknown := [name for name in required if not isinstance(name, str) or name not in named]:
            raise Unusable(path, f"there is no property “{str(unknown[0])[:100]}” to require.")
        properties = {
            name: self.part(one, f"{path}.{name[:100]}", within, level + 1)
            for name, one in named.items()
        }
        for name, one in properties.items():
            if name not in required and not _takes_null(one):
                why = "it has to be required. Where it may be missing, let it be null."
                raise Unusable(f"{path}.{name[:100]}", why)
        return {"properties": properties, "required": [*named], "additionalProperties": False}

    def _alternatives(
        self, options: Any, path: str, within: tuple[str, ...], level: int
    ) -> list[dict[str, Any]]:
        if not isinstance(options, list) or not options:
            raise Unusable(path, "anyOf is a list of schemas.")
        return [
            self.part(one, f"{path}|{place}", within, level + 1)
            for place, one in enumerate(options, 1)
        ]


def _is_list(part: Mapping[str, Any], name: str) -> bool:
    return isinstance(part.get(name), list)


def _check_kind(part: Mapping[str, Any], path: str) -> None:
    """Raise where it isn't said what a value is."""
    if not part.keys() & {"type", "anyOf", "enum", "const"}:
        raise Unusable(path, "say its type.")
    kinds = part.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "type" in part and not (kinds and all(_is_text(kind) and kind in TYPES for kind in kinds)):
        raise Unusable(path, f"its type is one of {', '.join(sorted(TYPES))}, or a list of them.")
    if "object" in kinds and "properties" not in part:
        raise Unusable(path, "an object names its properties.")
    if "array" in kinds and "items" not in part:
        raise Unusable(path, "a list says what its items are.")
    if part.get("enum", [None]) == [] or not isinstance(part.get("enum", []), list):
        raise Unusable(path, "an enum is a list of at least one value.")
    values = [*(part["enum"] if _is_list(part, "enum") else ()), part.get("const")]
    if any(isinstance(value, dict | list) for value in values):
        raise Unusable(path, "enum and const take texts, numbers, booleans and null.")


def _check_values(part: Mapping[str, Any], path: str) -> None:
    """Raise where a bound is none, or where what a model is told is no text."""
    for name in part.keys() & (NUMBERS | COUNTS):
        value = part[name]
        wanted = int if name in COUNTS else int | float
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise Unusable(path, f"{name} is a {'whole ' if name in COUNTS else ''}number.")
        if (value < 0 and name in COUNTS) or (value <= 0 and name == "multipleOf"):
            raise Unusable(path, f"{name} can’t be {value}.")
    if not _is_text(part.get("description", "")):
        raise Unusable(path, "its description is a text.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _takes_null(part: Mapping[str, Any]) -> bool:
    return jsonschema.Draft202012Validator(part).is_valid(None)


def _looks(part: Mapping[str, Any]) -> int:
    """How often a value at this place, or at one inside it, is looked at in the worst case."""
    inside = [*part.get("properties", {}).values(), *([part["items"]] if "items" in part else [])]
    own = max(map(_looks, inside), default=1)
    return own + sum(map(_looks, part.get("anyOf", ())))
