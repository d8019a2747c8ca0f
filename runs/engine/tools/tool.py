"""What a tool is, and what it may use."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from runs.engine.clock import Clock

if TYPE_CHECKING:
    from aiohttp import ClientSession

# Opens a session that is closed when its block ends.
HttpSessions = Callable[[], AbstractAsyncContextManager["ClientSession"]]


class ToolError(Exception):
    """The tool can't do what it was asked to; the message is for the model."""


class Quota:
    """How often the tools of a run did what is limited, by name.

    A call that is read back from the journal doesn't count.
    """

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def use(self, name: str, limit: int) -> None:
        """Count one use. Raises `ToolError` beyond the limit."""
        used = self._used.get(name, 0)
        if used >= limit:
            raise ToolError(f"The limit of this run is reached: at most {limit} × {name}.")
        self._used[name] = used + 1


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What the tools of one run may use. `http` is None where they may not reach the network."""

    clock: Clock
    http: HttpSessions | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    quota: Quota = field(default_factory=Quota)


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
    run: Callable[[dict[str, Any], ToolContext], Awaitable[str]]
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool call brought. `code` is empty when it worked."""

    text: str
    code: str = ""

    @property
    def ok(self) -> bool:
        """True when the tool did what it was asked to."""
        return not self.code


def shortened(text: str, most: int) -> str:
    """Head and tail of a text that is too long."""
    if len(text) <= most:
        return text
    tail = most // 4
    gap = f"\n[… {len(text) - most} characters left out …]\n"
    return text[: most - tail] + gap + text[len(text) - tail :]
