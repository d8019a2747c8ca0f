"""JSON that a model wrote: read within limits, so that whatever it says can be kept and shown."""

from typing import Any

import orjson

# Encoders, validators and pages recurse, and the first of them gives up at some 250 levels.
MAX_DEPTH = 64


class Unreadable(ValueError):
    """No JSON, or one with a number that isn't finite, half a surrogate, or too many levels."""


def read_json(text: str) -> Any:
    """The value. Raises `Unreadable`.

    NUL characters are dropped from texts and names: no database takes them.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(str(error)) from error
    if too_deep(value):
        raise Unreadable(f"it is nested deeper than {MAX_DEPTH} levels")
    return _without_nul(value) if "\\u0000" in text else value


def too_deep(value: Any) -> bool:
    """Whether a value has more than `MAX_DEPTH` levels."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        if not inner:
            return False
        level = inner
    return True


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nul(inner) for inner in value]
    return value
