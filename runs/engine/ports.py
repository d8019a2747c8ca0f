"""What the engine needs from the world around it. The Django side and the CLI implement these."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runs.engine.clock import Clock
from runs.engine.tools.tool import HttpSessions, Outcome, Tool, ToolContext
from runs.engine.types import (
    Hold,
    ModelRequest,
    Purse,
    Recorded,
    Reply,
    StepEnd,
    StepStart,
    ToolStep,
    Usage,
)


class Journal(Protocol):
    """The run's steps and events. Each method is one transaction; none holds one open.

    All of them raise `Fenced` when another worker owns the run. Implementations ride out
    database outages by themselves: a method returns only when its effect is durable.
    """

    def recorded(self, key: str) -> Recorded | None:
        """The finished attempt of this step, if an earlier epoch has one."""
        ...

    def next_attempt(self, key: str) -> int:
        """The number of the next attempt of this step, from 1."""
        ...

    async def hold(self, start: StepStart) -> Hold:
        """Hold the most that the call can cost, journal it as started, emit `step.started`.

        Raises `Stopped` when cancelling, `MustConclude` when the deadline passes while a call that
        isn't the closing one waits for money, `Refused` when it may not be bought (code
        `budget_exceeded`, `unpriced_model`).
        """
        ...

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        """Charge or release the hold, journal the end, emit `step.finished` or `step.failed`."""
        ...

    async def affords(
        self, model: str, max_input_tokens: int, max_output_tokens: int
    ) -> Purse | None:
        """What is left for the run besides its closing call, and how many calls of this bound.

        None when neither a limit of its own nor a hard budget binds it. Holds nothing.
        """
        ...

    async def replayed(self, recorded: Recorded, label: str) -> None:
        """Emit that a finished step was read back instead of bought."""
        ...

    async def tool_started(self, step: ToolStep) -> None:
        """Journal a tool call as started and emit `tool.started`."""
        ...

    async def tool_finished(self, step: ToolStep) -> None:
        """Journal a tool call's result and emit `tool.finished`."""
        ...

    async def emit(self, type: str, data: dict[str, Any]) -> None:
        """Append a durable event: `notice` or `artifact`."""
        ...


class Live(Protocol):
    """Transient text of the step that is being written."""

    def text(self, key: str, attempt: int, text: str) -> None:
        """Append text to what viewers see of this step. Never blocks."""
        ...

    def close(self, key: str, attempt: int) -> None:
        """The step has ended; its durable event follows or went before."""
        ...


class Stop(Protocol):
    """Why and how fast the run has to stop."""

    @property
    def reason(self) -> str:
        """Empty while the run may go on; else `cancelled`, `deadline`, `lost` or `shutdown`."""
        ...

    @property
    def halted(self) -> bool:
        """True when calls in flight are to be cut, not only new ones refused."""
        ...

    async def wait_halted(self) -> None:
        """Return once calls in flight are to be cut."""
        ...


class ModelStream(Protocol):
    """One streamed answer. Iterate for text, then read `reply` and `usage`."""

    def __aiter__(self) -> AsyncIterator[str]:
        """Pieces of the answer's text as they arrive; possibly empty pieces as signs of life."""
        ...

    @property
    def reply(self) -> Reply | None:
        """The whole answer, once the stream ended properly; else None."""
        ...

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, if it said so."""
        ...

    @property
    def cut(self) -> bool:
        """True when an answer that ran past its cap was ended from our side."""
        ...

    @property
    def ended(self) -> bool:
        """True when the provider itself ended the answer, so that it writes no more."""
        ...

    @property
    def characters(self) -> int:
        """How long the output received so far is; cheap to ask after each read."""
        ...

    @property
    def received(self) -> str:
        """All output received so far, text and tool arguments, for an estimate."""
        ...

    async def close(self) -> None:
        """Drop the connection."""
        ...


class Model(Protocol):
    """An OpenAI-compatible endpoint."""

    async def stream(self, request: ModelRequest) -> ModelStream:
        """Send the request; return when the answer's headers are there.

        Raises `ProviderError`, which says whether anything can have been bought.
        """
        ...

    def context_tokens(self, model: str) -> int | None:
        """How many tokens the model's window has; None while no refusal has told."""
        ...


class ToolBox(Protocol):
    """The tools that one run may use."""

    def specs(self) -> list[dict[str, Any]]:
        """The tools as they are declared to the model."""
        ...

    def get(self, name: str) -> Tool | None:
        """A tool of this run."""
        ...

    def check(self, name: str, arguments: str) -> dict[str, Any] | Outcome:
        """The arguments, or what is wrong with the call as the model will read it."""
        ...

    async def run(self, name: str, arguments: dict[str, Any], context: ToolContext) -> Outcome:
        """Run a tool with checked arguments. Never raises for what the tool does wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a run needs from the world. `http` and `secrets` are for its tools."""

    journal: Journal
    model: Model
    live: Live
    stop: Stop
    clock: Clock
    toolbox: ToolBox
    http: HttpSessions | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)

    def tool_context(self) -> ToolContext:
        """What the tools of one run may use, with a quota of its own."""
        return ToolContext(self.clock, self.http, self.secrets)
