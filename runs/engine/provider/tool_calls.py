"""Tool calls, gathered from the fragments that endpoints send them in."""

from collections.abc import Mapping
from typing import Any

import orjson

from runs.engine.provider.sendable import sendable
from runs.engine.provider.text import Text, cleaned
from runs.engine.types import ToolCall

OWN = {"index", "id", "type", "function"}


class Call:
    """One call as far as it has come."""

    def __init__(self) -> None:
        self.index: Any = None
        self.id = ""
        self.name = ""
        self.beside: dict[str, Any] = {}
        self._arguments = Text()
        self._whole = False

    @property
    def arguments(self) -> str:
        """Its JSON text."""
        return str(self._arguments)

    def add(self, arguments: Any) -> int:
        """Take in arguments; some endpoints send an object, or all of the text again at the end."""
        whole = isinstance(arguments, Mapping)
        text = orjson.dumps(arguments).decode() if whole else _text(arguments)
        if text and self._said(text, whole=whole):
            return 0
        self._whole = self._whole or whole
        return len(self._arguments.add(text))

    def _said(self, text: str, *, whole: bool) -> bool:
        """True for arguments that came already, as pieces or as an object."""
        if self._whole and whole:
            return True
        if not (text.startswith("{") and text.endswith("}")):
            return False
        said = _read(self.arguments)
        return said is not None and said == _read(text)


class Gatherer:
    """Tells calls apart by their ids, else by a name that begins anew, else by their index."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def take(self, fragment: Any) -> int:
        """Take in a fragment; returns how many characters of output it brought.

        Raises `TypeError` for a shape that no endpoint is known to send.
        """
        if not isinstance(fragment, Mapping):
            raise TypeError
        function = fragment.get("function") or {}
        if not isinstance(function, Mapping):
            raise TypeError
        name, call_id = cleaned(_text(function.get("name"))), _text(fragment.get("id"))
        arguments = function.get("arguments")
        call = self._call_of(_index(fragment.get("index")), call_id, name, arguments)
        call.id = call.id or cleaned(call_id).replace("\x00", "")
        call.beside |= {key: value for key, value in fragment.items() if key not in OWN and value}
        characters = call.add(arguments)
        if name and name != call.name:
            call.name += name.replace("\x00", "")
            characters += len(name)
        return characters

    @property
    def received(self) -> str:
        """All of it with its framing, as far as it has come."""
        return "".join(
            f'\n{{"tool_call": {{"name": "{call.name}", "arguments": {call.arguments}}}}}'
            for call in self._calls
        )

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls in the order of their indexes, those without one as they came."""
        return tuple(
            ToolCall(call.id or f"call_{place}", call.name, call.arguments, sendable(call.beside))
            for place, call in enumerate(self._in_order())
        )

    def _in_order(self) -> list[Call]:
        if any(call.index is None for call in self._calls):
            return self._calls
        return sorted(self._calls, key=lambda call: call.index)

    def _call_of(self, index: int | None, call_id: str, name: str, arguments: Any) -> Call:
        """The call that a fragment belongs to."""
        known = [call for call in self._calls if index is None or call.index == index]
        call = known[-1] if known else None
        if call is not None and not self._begins(call, call_id, name, arguments):
            return call
        begun = Call()
        begun.index = index
        self._calls.append(begun)
        return begun

    def _begins(self, call: Call, call_id: str, name: str, arguments: Any) -> bool:
        """Whether a fragment at this call's place is the first of another one."""
        same_id = bool(call_id) and call_id == call.id
        if not name or not call.name or same_id:
            return False
        complete = _read(call.arguments) is not None
        if call_id and call.id:
            # An id of its own in each fragment, and the name with it: the text goes on.
            return name != call.name or complete or not (arguments or call.arguments)
        if name != call.name:
            return bool(arguments or call.arguments)
        return complete and bool(arguments)


def _read(arguments: str) -> Any:
    """What a JSON text holds; None while it is not complete."""
    try:
        return orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise TypeError
    return value


def _index(value: Any) -> int | None:
    """A place, also as a float or as digits; None where there is none."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
