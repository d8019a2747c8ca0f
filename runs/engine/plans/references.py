"""References to the results of other tasks inside a task's arguments: `${t1}`, `${t1.rows.0}`.

They are found and filled in at any depth of a JSON value, in a single pass: what was filled in is
not looked at again, so that a tool's result can't refer to another one.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from runs.engine.model_json import Unreadable, read_json

REFERENCE = re.compile(r"\$\{([A-Za-z0-9_-]+)((?:\.[^.{}\s]+)*)\}")
MAX_DEPTH = 50


class NoSuchPart(Exception):
    """A reference leads to nothing; the message says which."""


def referenced(value: Any, depth: int = 0) -> set[str]:
    """The ids that a JSON value refers to."""
    if isinstance(value, str):
        return {found[1] for found in REFERENCE.finditer(value)}
    parts = _parts(value) if depth < MAX_DEPTH else ()
    return set().union(*(referenced(part, depth + 1) for part in parts))


def filled(value: Any, results: Mapping[str, str], *, typed: bool = False, depth: int = 0) -> Any:
    """The value with its references filled in; ids without a result stay as they are written.

    A text that is one reference and nothing else becomes the JSON value it leads to when `typed`.
    Raises `NoSuchPart`.
    """
    if isinstance(value, str):
        whole = REFERENCE.fullmatch(value)
        if typed and whole and whole[1] in results:
            return _led_to(whole, results)
        return REFERENCE.sub(lambda found: _as_text(found, results), value)
    if depth == MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {
            key: filled(part, results, typed=typed, depth=depth + 1) for key, part in value.items()
        }
    if isinstance(value, list):
        return [filled(part, results, typed=typed, depth=depth + 1) for part in value]
    return value


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _as_text(found: "re.Match[str]", results: Mapping[str, str]) -> str:
    if found[1] not in results:
        return found[0]
    if not found[2]:
        return results[found[1]]
    part = _led_to(found, results)
    return part if isinstance(part, str) else orjson.dumps(part).decode()


def _led_to(found: "re.Match[str]", results: Mapping[str, str]) -> Any:
    """The part of a result that a reference names; the text itself where it is no JSON."""
    text = results[found[1]]
    try:
        part = read_json(text)
    except Unreadable:
        part = text
    for name in found[2].split(".")[1:]:
        part = _inside(part, name, found[0])
    return part


def _inside(whole: Any, name: str, reference: str) -> Any:
    if isinstance(whole, dict) and name in whole:
        return whole[name]
    if isinstance(whole, list) and name.isdecimal() and int(name) < len(whole):
        return whole[int(name)]
    raise NoSuchPart(f"{reference} leads to nothing: the result has no “{name}” there.")
