"""What a tool is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from runs.engine.ports import Clock


class ToolError(Exception):
    """The tool can't do what it was asked to; the message is for the model."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call.

    Read tools may run side by side and again after a crash; the others run one at a time, and
    never again when it isn't known how they ended. `schema` describes the arguments, `run` gets
    them checked.
    """

    name: str
    label: str
    description: str
    schema: dict[str, Any]
    run: Callable[[dict[str, Any], Clock], Awaitable[str]]
    effect: Literal["read", "write", "unknown"] = "read"
    timeout_s: float = 10.0
    max_output_chars: int = 20_000

    def spec(self) -> dict[str, Any]:
        """The tool as the chat completions API wants it declared."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": self.schema,
            },
        }
