"""What a tool is, and what it may use."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from runs.engine.clock import Clock

if TYPE_CHECKING:
    from runs.engine.tools.mcp.connections import Connections
    from runs.engine.tools.web.guard import Guard

# So long the tools of a run wait between two requests to the same service.
GAP_S = 1.0


class ToolError(Exception):
    """The tool can't do what it was asked to; the message is for the model."""


class ToolUnanswered(ToolError):
    """It isn't known whether the tool did what it was asked to."""


class Quota:
    """How often a run called each tool.

    A call that is read back from the journal doesn't count.
    """

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def use(self, name: str, limit: int) -> None:
        """Count one use. Raises `ToolError` beyond the limit."""
        used = self._used.get(name, 0)
        if used >= limit:
            raise ToolError(f"The limit of this run is reached: at most {limit} calls of {name}.")
        self._used[name] = used + 1


class Pace:
    """Makes the tools of a run wait for their turn at what they may not ask often, by name."""

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._next_s: dict[str, float] = {}

    async def turn(self, name: str, clock: Clock) -> None:
        """Return when at least the gap lies behind the turn before; turns come in their order."""
        now_s = clock.monotonic()
        at_s = max(now_s, self._next_s.get(name, now_s))
        self._next_s[name] = at_s + self._gap_s
        await asyncio.sleep(at_s - now_s)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What the tools of one run may use. `http` is None where they may read no web pages.

    `servers` are those of the tools that aren't ours. A tool that changes something gets the
    `effect_id` of the call: the same when it is made again, so that it can be sent along as an
    idempotency key.
    """

    clock: Clock
    http: "Guard | None" = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    quota: Quota = field(default_factory=Quota)
    pace: Pace = field(default_factory=Pace)
    servers: "Connections | None" = None
    effect_id: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call.

    Read tools may run side by side and again after a crash. The others run one at a time, after the
    run's owner has approved the call, unless it needs no `approval`; and when it isn't known how
    they ended, only after another look of the owner. `schema` describes the arguments, `run` gets
    them checked. Of the site's secrets, it works with any one that `needs` names. `in_short` is
    what a list of steps shows of its text. A `stable` tool answers the same arguments alike at any
    time: an answer that used no other may be given again. A run calls it `max_calls` times at most.
    One of another `server` isn't ours, and what it declares isn't trusted.
    """

    name: str
    label: str
    description: str
    schema: dict[str, Any]
    run: Callable[[dict[str, Any], ToolContext], Awaitable[str]]
    effect: Literal["read", "write", "unknown"] = "read"
    approval: bool = True
    stable: bool = False
    needs: tuple[str, ...] = ()
    timeout_s: float = 10.0
    max_output_chars: int = 20_000
    max_calls: int = 200
    in_short: Callable[[str], str] = str
    server: str = ""

    @property
    def asks(self) -> bool:
        """True where the owner is asked before each call."""
        return self.effect != "read" and self.approval

    def works_with(self, secrets: Mapping[str, str]) -> bool:
        """True where the site's secrets have what it needs."""
        return not self.needs or any(secrets.get(name) for name in self.needs)

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
