"""Paths into a JSON value: `orders[0].lines[?sku == "A1"].price`. Each node is visited once."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runs.engine.model_json import Unreadable, read_json
from runs.engine.tools.tool import ToolError

MAX_PATH_CHARS = 500
MAX_STEPS = 30

Step = Callable[[Any], Iterator[Any]]

# A name follows a dot or begins the path; what else a step may be stands in brackets.
STRING = r'"(?:[^"\\]|\\.)*"'
NAME = r"[^\W\d][\w-]*"
STEP = re.compile(
    rf"""
      (?P<dot>\.)?(?P<name>{NAME})
    | \.?(?P<every>\*)
    | \[\s*(?:
          (?P<all>\*)
        | (?P<index>-?\d{{1,9}})
        | (?P<start>-?\d{{1,9}})?\s*:\s*(?P<stop>-?\d{{1,9}})?
        | (?P<key>{STRING})
        | \?\s*(?P<field>{NAME}|{STRING})\s*(?P<sign>==|!=)
          \s*(?P<value>{STRING}|-?\d[\d.eE+-]{{0,40}}|true|false|null)
      )\s*\]
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from a value into it. A `single` path leads to one value at most."""

    steps: tuple[Step, ...]
    single: bool

    def found(self, value: Any) -> Iterator[Any]:
        """What the path leads to, in the order of the document."""
        found: Iterable[Any] = (value,)
        for step in self.steps:
            found = _after(found, step)
        return iter(found)


def parsed(text: str) -> Path:
    """The path that a text describes; an empty one leads to the whole. Raises `ToolError`."""
    text = text.strip().removeprefix("$")
    steps: list[Step] = []
    single = True
    place = 0
    while place < len(text):
        found = STEP.match(text, place)
        if found is None or (found["name"] and not found["dot"] and place):
            raise ToolError(f"This is no path, from here on: {text[place : place + 40]}")
        steps.append(_step(found))
        single = single and bool(found["name"] or found["key"] or found["index"])
        place = found.end()
        if len(steps) > MAX_STEPS:
            raise ToolError(f"The path has more than {MAX_STEPS} steps.")
    return Path(tuple(steps), single)


def _after(values: Iterable[Any], step: Step) -> Iterator[Any]:
    return (inner for value in values for inner in step(value))


def _step(found: "re.Match[str]") -> Step:
    if found["name"]:
        return _key(found["name"])
    if found["key"]:
        return _key(_literal(found["key"]))
    if found["every"] or found["all"]:
        return _children
    if found["index"]:
        return _index(int(found["index"]))
    if found["field"]:
        return _where(found)
    return _slice(*(int(found[name]) if found[name] else None for name in ("start", "stop")))


def _key(name: Any) -> Step:
    return lambda value: iter((value[name],) if isinstance(value, dict) and name in value else ())


def _index(place: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= place < len(value):
            yield value[place]

    return step


def _slice(start: int | None, stop: int | None) -> Step:
    return lambda value: iter(value[start:stop] if isinstance(value, list) else ())


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value if isinstance(value, list) else ())


def _where(found: "re.Match[str]") -> Step:
    field, wanted = found["field"], _literal(found["value"])
    name = _literal(field) if field.startswith('"') else field
    equal = found["sign"] == "=="

    def step(value: Any) -> Iterator[Any]:
        for one in _children(value):
            has = isinstance(one, dict) and name in one and _same(one[name], wanted)
            if has == equal:
                yield one

    return step


def _same(value: Any, wanted: Any) -> bool:
    """As JSON compares: true is not 1."""
    return bool(value == wanted and isinstance(value, bool) == isinstance(wanted, bool))


def _literal(text: str) -> Any:
    try:
        return read_json(text)
    except Unreadable as error:
        raise ToolError(f"This is no JSON value: {text[:40]}") from error
