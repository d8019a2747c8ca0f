"""JSON on its way into Postgres, which stores no NUL character."""

from dataclasses import asdict, is_dataclass
from typing import Any

import orjson
from psycopg.types.json import Jsonb


def jsonb(value: Any) -> Jsonb:
    """Wrap a value, or a dataclass, for a jsonb parameter; NUL characters in texts are dropped."""
    return Jsonb(value, dumps=_dumps)


def _dumps(value: Any) -> bytes:
    try:
        data = orjson.dumps(value)
    except TypeError:  # half a surrogate pair
        return orjson.dumps(_storable(value))
    return orjson.dumps(_storable(value)) if b"\\u0000" in data else data


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _storable(asdict(value))
    return value
