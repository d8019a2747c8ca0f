"""Fields of an endpoint's own that go back to it: those that can be written as JSON again."""

from collections.abc import Mapping
from typing import Any

import orjson

from runs.engine.model_json import too_deep
from runs.engine.provider.text import cleaned


def sendable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with clean texts, without those that no encoder takes: too deep, too large."""
    kept = {cleaned(name): _clean(value) for name, value in fields.items() if not too_deep(value)}
    return {name: value for name, value in kept.items() if _can_be_written(value)}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, Mapping):
        return {cleaned(name): _clean(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return value


def _can_be_written(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True
