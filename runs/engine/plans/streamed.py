"""The items of a list inside JSON that a model is still writing, each as soon as it is complete."""

import json
import re
from typing import Any

from runs.engine.model_json import Unreadable, read_json

BETWEEN = re.compile(r"[\s,]*")


class StreamedItems:
    """Reads the objects of one list; what it read once, it doesn't read again."""

    def __init__(self, name: str) -> None:
        """`name` is the list's name in the object that holds it."""
        self._opening = re.compile(rf'"{name}"\s*:\s*\[')
        self._at = 0
        self._found: list[dict[str, Any]] = []

    def read(self, text: str) -> list[dict[str, Any]]:
        """All objects that are complete in the text so far, which only ever grows."""
        if not self._at and (opening := self._opening.search(text)):
            self._at = opening.end()
        while self._at and (item := self._next(text)) is not None:
            self._found.append(item)
        return self._found

    def _next(self, text: str) -> dict[str, Any] | None:
        blank = BETWEEN.match(text, self._at)
        start = blank.end() if blank else self._at
        if not text.startswith("{", start) or text.find("}", start) < 0:
            return None
        try:
            _, end = json.JSONDecoder().raw_decode(text, start)
            item = read_json(text[start:end])
        except (json.JSONDecodeError, Unreadable, RecursionError):
            return None
        self._at = end
        return item if isinstance(item, dict) else None
