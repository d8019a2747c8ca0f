"""JSON on its way into Postgres, which stores no NUL character."""

from typing import Any

import orjson
from psycopg.types.json import Jsonb


def jsonb(value: Any) -> Jsonb:
    """Wrap a value for a jsonb parameter; NUL characters in texts are dropped."""
    return Jsonb(value, dumps=_dumps)


def _dumps(value: Any) -> bytes:
    data = orjson.dumps(value)
    return orjson.dumps(_without_nul(value)) if b"\\u0000" in data else data


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(item) for item in value]
    return value
