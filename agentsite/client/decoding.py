"""JSON into dataclasses and back: money as `Decimal`, times as `datetime`.

What a newer site sends beside the known fields is left out, and what an older one lacks is the
field's default.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def decode(kind: type[T], value: Any) -> T:
    """A value of this type. Raises `ValueError`, `TypeError` or `KeyError` for what is none."""
    decoded: T = _decode(kind, value)
    return decoded


def _decode(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if value is None or kind is Any or origin is Literal:
        return value
    if origin in (Union, UnionType):
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
        return _decode(kind, value)
    if origin is list:
        return [_decode(get_args(kind)[0], item) for item in value]
    if origin is dict:
        return {name: _decode(get_args(kind)[1], item) for name, item in value.items()}
    if is_dataclass(kind):
        return _object(kind, value)
    return _scalar(kind, value)


def _scalar(kind: Any, value: Any) -> Any:
    if kind is Decimal:
        return Decimal(value)
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    return value


def _object(kind: Any, value: Mapping[str, Any]) -> Any:
    given = {}
    for name, hint, required in _fields(kind):
        spelt = json_name(name)
        if required or spelt in value:
            given[name] = _decode(hint, value[spelt])
    return kind(**given)


@cache
def _fields(kind: Any) -> list[tuple[str, Any, bool]]:
    hints = get_type_hints(kind)
    return [(field.name, hints[field.name], field.default is MISSING) for field in fields(kind)]


def json_name(name: str) -> str:
    """A field's name in JSON; one that Python keeps for itself has an underscore after it."""
    return name.removesuffix("_")


def encode(value: Any) -> Any:
    """JSON of a value: the reverse of `decode`."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if is_dataclass(value) and not isinstance(value, type):
        return {json_name(one.name): encode(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value
