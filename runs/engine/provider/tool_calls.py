"""Fragments of streamed tool calls, gathered into calls.

By OpenAI's rules a fragment's `index` names its call. Others send several calls under one index, no
index, an id or the name again with each fragment, or the arguments again whole. So calls are told
apart by what starts anew: a name, and an id that comes with one.
"""

import re
from typing import Any

from runs.engine.provider import arguments as args
from runs.engine.provider.text import cleaned, cleaned_json, cleaned_value
from runs.engine.types import ToolCall

# Other names of the arguments.
ARGUMENTS = ("arguments", "parameters", "input", "args")
OUR_FIELDS = frozenset({"id", "type", "index", "function", "name", *ARGUMENTS})
# Words for having no id.
NO_ID = frozenset({"null", "None", "undefined"})
# What models put around a tool's name: the namespace of their template, and its marks.
AROUND_NAME = re.compile(r"\A\s*(?:(?:functions|default_api)[.:])?|<\|.*\Z|\s+\Z", re.DOTALL)


class OpenCall:
    """One call on its way."""

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.beside: dict[str, Any] = {}
        self.fragments: list[str] = []

    def begins_anew(self, call_id: str, name: str, arguments: str) -> bool:
        """True when a fragment with this id, name and arguments is another call's first."""
        if not name:
            return False
        if not self.name:
            return self.complete
        new_id = bool(call_id) and call_id != self.id
        if name != self.name and not self._continues_name(name, arguments, new_id=new_id):
            return True
        if self.complete or not (self.fragments or arguments):
            whole = not call_id and arguments.lstrip().startswith("{")
            return new_id or (whole and arguments != self.text)
        return False

    def take(self, call_id: str, name: str, arguments: str) -> None:
        """Add a fragment of this call."""
        self.id = self.id or call_id
        if name != self.name:
            self.name = name if name.startswith(self.name) else self.name + name
        if arguments:
            self.fragments.append(arguments)

    @property
    def text(self) -> str:
        """The arguments as they came."""
        return "".join(self.fragments)

    @property
    def complete(self) -> bool:
        """True when the arguments are one whole JSON object."""
        text = self.text.strip()
        return text.endswith("}") and args.objects(text) is not None

    def arguments(self) -> str:
        """The arguments' JSON text, without what came twice or stands around it."""
        text = self.text
        if len(self.fragments) > 1 or text.count("}{"):
            text = args.once(self.fragments, text)
        return cleaned_json(args.bare(text))

    def _continues_name(self, name: str, arguments: str, *, new_id: bool) -> bool:
        """True where a name comes in pieces, or longer each time, before any arguments."""
        return not (self.fragments or arguments or new_id or self.complete)


class Gatherer:
    """The calls of one answer, in the order in which they began."""

    def __init__(self) -> None:
        self._calls: list[OpenCall] = []
        self._by_index: dict[int, OpenCall] = {}
        self._by_id: dict[str, OpenCall] = {}

    def take(self, fragment: Any) -> int:
        """Take in a fragment; returns how many characters of output it brought.

        Raises `TypeError` for a shape that no endpoint is known to send.
        """
        if not isinstance(fragment, dict):
            raise TypeError
        function = fragment.get("function")
        if isinstance(function, str):
            function = fragment | {"name": function}
        function = fragment if function is None else function
        call_id, name = _id(fragment.get("id")), _text(function.get("name"))
        arguments = args.text_of(_first(function, ARGUMENTS))
        call = self._call_of(_index(fragment.get("index")), call_id, name, arguments)
        call.take(call_id, name, arguments)
        if call_id:
            self._by_id.setdefault(call_id, call)
        if not fragment.keys() <= OUR_FIELDS:
            merge(call.beside, {k: v for k, v in fragment.items() if k not in OUR_FIELDS})
        return len(name) + len(arguments)

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls as the model wrote them, each with an id of its own."""
        made: list[ToolCall] = []
        ids: set[str] = set()
        for place, call in enumerate(c for c in self._calls if c.name or c.fragments):
            call_id = cleaned(call.id) or f"call_{place}"
            while call_id in ids:
                call_id += f"_{place}"
            ids.add(call_id)
            made.append(
                ToolCall(call_id, _name(call.name), call.arguments(), cleaned_value(call.beside))
            )
        return tuple(made)

    @property
    def received(self) -> str:
        """All that came, with the framing in which a provider counts it."""
        return "".join(
            f'\n{{"tool_call": {{"name": "{call.name}", "arguments": {call.text}}}}}'
            for call in self._calls
        )

    def _call_of(self, index: int | None, call_id: str, name: str, arguments: str) -> OpenCall:
        """The call that a fragment belongs to, begun where it is the first of its call."""
        call = self._known(index, call_id, name)
        if call is None or call.begins_anew(call_id, name, arguments):
            call = OpenCall(index)
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _known(self, index: int | None, call_id: str, name: str) -> OpenCall | None:
        last = self._calls[-1] if self._calls else None
        named = self._by_id.get(call_id) if call_id else None
        placed = self._by_index.get(index) if index is not None else None
        if placed and placed.id == call_id:
            return placed
        if named and (not name or index is None or named.index in (None, index)):
            return named
        if index is None or placed:
            return placed or last
        nameless = not name and not call_id
        return last if nameless and last and last.index is None else None


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Add what came beside to what came before: texts and lists grow, else the last one counts."""
    for key, value in more.items():
        before = into.get(key)
        if value is None or value == before:
            continue
        joined = isinstance(value, str | list) and type(value) is type(before)
        into[key] = before + value if joined else value


def _name(written: str) -> str:
    return AROUND_NAME.sub("", cleaned(written))


def _id(value: Any) -> str:
    id = _text(value)
    return "" if id in NO_ID else id


def _first(function: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((function[name] for name in names if function.get(name) is not None), None)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    raise TypeError


def _index(value: Any) -> int | None:
    """An index as a number, however it is written; None where it is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
