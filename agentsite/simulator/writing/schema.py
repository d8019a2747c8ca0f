"""Structured answers: a believable instance of any JSON schema, in the task's words."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest

from .needs import needs
from .words import sentence_for, text_for_pattern

_GOOD = ("accept", "success", "ok", "done", "pass", "final", "completed", "yes", "high")
_ASKS_FOR_SCHEMA = re.compile(r"\bjson schema\b[^{]{0,80}\{", re.IGNORECASE)
_ANY_OBJECT = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
}
_MAX_DEPTH = 8
_FORMATS = {
    "date-time": "2030-01-01T12:00:00Z",
    "date": "2030-01-01",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "7f3c1c1e-4b1a-4a52-9d0e-3d6d3b8f0a11",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}


def instance(wanted: dict[str, Any], task: str) -> Any:
    """A value that the schema allows."""
    return _Maker(wanted, task).value(wanted, "", 0, 0)


def written_with(wanted: dict[str, Any], task: str, values: dict[str, Any]) -> str:
    """An instance with these values in it, as JSON text."""
    return orjson.dumps(with_values(instance(wanted, task), values, wanted)).decode()


def fits(text: str, wanted: dict[str, Any]) -> bool:
    """True when the text is JSON that the schema allows."""
    try:
        return Draft202012Validator(wanted).is_valid(orjson.loads(text))
    except orjson.JSONDecodeError:
        return False


def written(wanted: dict[str, Any], task: str) -> str:
    """The same as JSON text."""
    return orjson.dumps(instance(wanted, task)).decode()


def wanted(request: ChatRequest, talk: Conversation) -> dict[str, Any]:
    """The schema to answer in: the request's own, or one that its prompt spells out."""
    in_prompt = _in_prompt(talk.user_texts[-1]) if talk.user_texts else {}
    fallback = _ANY_OBJECT if request.response_format == "json_object" else {}
    return request.schema or in_prompt or fallback


def with_values(
    generated: dict[str, Any], values: dict[str, Any], wanted: dict[str, Any]
) -> dict[str, Any]:
    """The generated object with these values in it, as far as the schema allows each."""
    validator = Draft202012Validator(wanted)
    for name, value in values.items():
        changed = generated | {name: value}
        if validator.is_valid(changed):
            generated = changed
    return generated


def _in_prompt(text: str) -> dict[str, Any]:
    """The JSON schema that a prompt asks to answer in, for endpoints that take no schema."""
    asked = _ASKS_FOR_SCHEMA.search(text)
    if asked is None:
        return {}
    try:
        found, _ = json.JSONDecoder().raw_decode(text, asked.end() - 1)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class _Maker:
    """Walks one schema; ``n`` numbers the items of a list, so that ids differ."""

    def __init__(self, root: dict[str, Any], task: str) -> None:
        self._root = root
        self._task = task

    def value(self, spec: Any, key: str, n: int, depth: int) -> Any:
        if not isinstance(spec, dict):
            return None
        spec = self._resolved(spec, depth)
        if "const" in spec:
            return spec["const"]
        if "enum" in spec:
            return self._choice(spec["enum"], n)
        kind = self._kind(spec)
        if kind == "object":
            return self._object(spec, n, depth)
        if kind == "array":
            return self._array(spec, key, depth)
        if kind == "string":
            return self._string(spec, key, n)
        if kind in ("number", "integer"):
            return _number(spec, key, n, whole=kind == "integer")
        return True if kind == "boolean" else None

    def _resolved(self, spec: dict[str, Any], depth: int) -> dict[str, Any]:
        for _ in range(_MAX_DEPTH):
            if "$ref" in spec:
                spec = {
                    **self._target(spec["$ref"]),
                    **{k: v for k, v in spec.items() if k != "$ref"},
                }
            elif branches := spec.get("anyOf") or spec.get("oneOf"):
                rest = {k: v for k, v in spec.items() if k not in ("anyOf", "oneOf")}
                spec = {**rest, **self._branch(branches, depth)}
            elif parts := spec.get("allOf"):
                spec = _merged([{k: v for k, v in spec.items() if k != "allOf"}, *parts])
            else:
                break
        return spec

    def _target(self, ref: str) -> dict[str, Any]:
        found: Any = self._root
        for part in ref.removeprefix("#").strip("/").split("/"):
            if part:
                found = found.get(part.replace("~1", "/").replace("~0", "~"), {})
        return found if isinstance(found, dict) else {}

    def _branch(self, branches: list[Any], depth: int) -> dict[str, Any]:
        nulls = [b for b in branches if isinstance(b, dict) and b.get("type") == "null"]
        others = [b for b in branches if isinstance(b, dict) and b not in nulls]
        if nulls and (depth >= _MAX_DEPTH // 2 or not others):
            return nulls[0]
        return others[0] if others else {}

    def _kind(self, spec: dict[str, Any]) -> str:
        kind = spec.get("type")
        if isinstance(kind, list):
            kind = next((k for k in kind if k != "null"), "null")
        if kind is not None:
            return str(kind)
        if "properties" in spec:
            return "object"
        return "array" if "items" in spec else "string"

    def _choice(self, options: list[Any], n: int) -> Any:
        for option in options:
            if str(option).lower() in _GOOD:
                return option
        return options[n % len(options)]

    def _object(self, spec: dict[str, Any], n: int, depth: int) -> dict[str, Any]:
        required = spec.get("required") or []
        properties = spec.get("properties") or {}
        return {
            name: self.value(child, name, n, depth + 1)
            for name, child in {**{r: {} for r in required}, **properties}.items()
            if name in required or depth < _MAX_DEPTH // 2
        }

    def _array(self, spec: dict[str, Any], key: str, depth: int) -> list[Any]:
        if _is_tool_plan(spec):
            return self._tool_plan(spec, depth)
        low = spec.get("minItems", 0)
        usual = 0 if depth > _MAX_DEPTH or re.search(r"depends|needs|modules", key) else 3
        count = max(low, min(usual, spec.get("maxItems", usual)))
        prefix = spec.get("prefixItems") or []
        specs = [*prefix, *[spec.get("items", {})] * max(0, count - len(prefix))]
        if spec.get("items") is False:
            specs = prefix
        items = [self.value(child, key, index, depth + 1) for index, child in enumerate(specs)]
        if spec.get("uniqueItems"):
            items = [item for i, item in enumerate(items) if item not in items[:i]]
        return items

    def _tool_plan(self, spec: dict[str, Any], depth: int) -> list[Any]:
        """One planned call for each tool that the task needs, as a planner is asked for."""
        item = spec["items"]
        offered = item["properties"]["tool"]["enum"]
        planned: list[Any] = []
        for need in needs(self._task):
            if need.tool in offered:
                step = self.value(item, "", len(planned), depth + 1)
                arguments = orjson.dumps({need.argument: need.value}).decode()
                planned.append(step | {"tool": need.tool, "arguments_json": arguments})
        return planned[: spec.get("maxItems", len(planned))]

    def _string(self, spec: dict[str, Any], key: str, n: int) -> str:
        if spec.get("format") == "date-time":
            return datetime.now(UTC).isoformat(timespec="seconds")
        if known := _FORMATS.get(spec.get("format", "")):
            return known
        if pattern := spec.get("pattern"):
            return text_for_pattern(pattern, n)
        text = sentence_for(key, self._task, n)
        while len(text) < spec.get("minLength", 0):
            text += f" {sentence_for('text', self._task, n)}"
        return text[: spec.get("maxLength", len(text))]


def _is_tool_plan(spec: dict[str, Any]) -> bool:
    properties = (spec.get("items") or {}).get("properties") or {}
    named = {"tool", "arguments_json"} <= properties.keys() and "enum" in properties["tool"]
    return named and not spec.get("minItems")


def _merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", []), *part.get("required", [])]
        merged |= part
        if properties:
            merged |= {"properties": properties, "required": required}
    return merged


def _number(spec: dict[str, Any], key: str, n: int, *, whole: bool) -> int | float:
    step = spec.get("multipleOf") or (1 if whole else None)
    low = spec.get("minimum", spec.get("exclusiveMinimum"))
    high = spec.get("maximum", spec.get("exclusiveMaximum"))
    if low is None:
        low = 0 if high is None else min(0, high)
    if high is None:
        high = low + (10 if whole else 1)
    share = 0.9 - 0.07 * n if re.search(r"score|confidence|progress|correct", key) else 0.5
    value = low + (high - low) * max(0.2, share)
    if step:
        value = round(value / step) * step
        if "exclusiveMinimum" in spec and value <= spec["exclusiveMinimum"]:
            value += step
    return round(value) if whole else round(value, 6)
