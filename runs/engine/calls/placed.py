"""A tool call at its place in a pattern."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from runs.engine.types import ToolCall


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A tool call with the step key of its position."""

    key: str
    call: ToolCall

    @property
    def request(self) -> dict[str, Any]:
        """The call as the journal keeps it."""
        return {"tool": self.call.name, "arguments": self.call.arguments}

    @property
    def digest(self) -> str:
        """Identity of the call."""
        return hashlib.sha256(orjson.dumps(self.request)).hexdigest()
