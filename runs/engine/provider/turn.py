"""What came beside a turn and goes back with it: reasoning in the endpoint's own fields."""

from collections.abc import Mapping
from typing import Any

from runs.engine.provider.text import cleaned_value

# The names under which compatible endpoints stream reasoning, which they bill as output.
TEXTS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
OTHERS = (
    *("reasoning_details", "thinking_blocks", "reasoning_opaque"),
    *("thought_signature", "reasoning_signature", "extra_content"),
)
SHOWN = ("text", "summary", "thinking", "content")
GROWING = ("text", "summary", "data", "thinking")


class Beside:
    """Gathers the fields of one turn."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}

    @property
    def fields(self) -> dict[str, Any]:
        """All of it, as it goes back."""
        return {name: cleaned_value(value) for name, value in self._fields.items()}

    def take(self, delta: Mapping[str, Any]) -> str:
        """Take in a delta; return the reasoning in it that can be shown."""
        shown = ""
        for name in TEXTS:
            text = delta.get(name)
            if isinstance(text, list):
                text = "".join(map(_shown, text))
            elif isinstance(text, Mapping):
                text = _shown(text)
            if isinstance(text, str) and text:
                self._fields[name] = self._fields.get(name, "") + text
                shown = shown or text
        for name in OTHERS:
            if value := delta.get(name):
                self._fields[name] = _joined(self._fields.get(name), value)
                if not shown and isinstance(value, list):
                    shown = "".join(_shown(part) for part in value)
        return shown


def _joined(known: Any, more: Any) -> Any:
    """Lists grow, and the last part of one goes on where the next has its place and type."""
    if not (isinstance(known, list) and isinstance(more, list)):
        return more
    parts = list(known)
    for part in more:
        if parts and _continues(parts[-1], part):
            parts[-1] = {**parts[-1], **part, **_grown(parts[-1], part)}
        else:
            parts.append(part)
    return parts


def _continues(last: Any, part: Any) -> bool:
    same = isinstance(last, Mapping) and isinstance(part, Mapping)
    return same and all(last.get(name) == part.get(name) for name in ("type", "index"))


def _grown(last: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: last[name] + part[name]
        for name in GROWING
        if isinstance(last.get(name), str) and isinstance(part.get(name), str)
    }


def _shown(part: Any) -> str:
    if not isinstance(part, Mapping):
        return ""
    return next((part[name] for name in SHOWN if isinstance(part.get(name), str)), "")
