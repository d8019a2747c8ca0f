"""Parameters as pages say them: their names and their values."""

from typing import Any

from runs.engine.pattern import label_of, option_of
from runs.engine.registry import KNOWN


def _schema(pattern: str, name: str) -> dict[str, Any]:
    """The JSON Schema of one parameter; empty where the pattern doesn't have it."""
    known = KNOWN.get(pattern)
    schemas = known.params.model_json_schema().get("properties", {}) if known else {}
    found: dict[str, Any] = schemas.get(name, {})
    return found


def param_label(pattern: str, name: str) -> str:
    """What the composer calls a parameter; its name in words where the pattern doesn't have it."""
    return label_of(name, _schema(pattern, name))


def param_words(pattern: str, name: str, value: Any) -> Any:
    """A parameter's value as a reader says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        texts = [entry for entry in value if isinstance(entry, str)]
        return ", ".join(texts) if len(texts) == len(value) else f"{len(value):,}"
    if isinstance(value, dict):
        return value.get("function", {}).get("name", "as asked")
    return option_of(value) if "enum" in _schema(pattern, name) else value
