"""Reading an artifact's fields. A model may have written them, so nothing is taken for granted."""

from collections.abc import Mapping
from typing import Any

Data = Mapping[str, Any]


def rows(data: Data, name: str) -> list[Data]:
    """The objects of a list; none where it is no list."""
    value = data.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(data: Data, name: str) -> str:
    """A field as text; empty where it is missing."""
    value = data.get(name)
    return "" if value is None else str(value)


def words(data: Data, name: str) -> tuple[str, ...]:
    """The texts of a list; none where it is no list."""
    value = data.get(name)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def share(data: Data, name: str) -> float | None:
    """A number from 0 to 1; None where it is none."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def count(data: Data, name: str) -> int:
    """A whole number from 0; 0 where it is none."""
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
