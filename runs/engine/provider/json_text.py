"""JSON as endpoints write it: fast, and forgiving about what JSON can't have."""

import json
from collections.abc import Sequence
from typing import Any

import orjson


class NotJson(ValueError):
    """It can't be read as JSON."""


def parse(text: bytes) -> Any:
    """One value. Halves of surrogate pairs stay as they are; `Text` joins them."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _forgiving(text)


def parse_all(texts: Sequence[bytes]) -> list[Any]:
    """Many values at the price of one."""
    try:
        found: list[Any] = orjson.loads(b"[" + b",".join(texts) + b"]")
    except orjson.JSONDecodeError as error:
        raise NotJson from error
    return found


def _forgiving(text: bytes) -> Any:
    try:
        return json.loads(text, strict=False)
    except UnicodeDecodeError:
        return _forgiving(text.decode(errors="replace").encode())
    except (ValueError, RecursionError) as error:
        raise NotJson from error
