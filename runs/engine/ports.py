"""What the engine needs from the world around it. The Django side and the CLI implement these."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from runs.engine.clock import Clock
from runs.engine.tools.tool import GAP_S, Outcome, Pace, Tool, ToolContext
from runs.engine.tools.web.guard import Guard
from runs.engine.types import (
    NOBODY,
    Admission,
    Asked,
    Attached,
    FoundBy,
    Hold,
    ModelRequest,
    Origin,
    Outage,
    Purse,
    Recorded,
    Reply,
    StepEnd,
    StepStart,
    ToolStep,
    Usage,
)

if TYPE_CHECKING:
    from runs.engine.tools.mcp.connections import Connections


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
        `budget_exceeded`, `unpriced_model`), and `Paused` when it doesn't fit a limit and the run
        asks for more money.
        """
        ...

    def attached(self, key: str) -> Attached | None:
        """An attempt of this step that an earlier epoch paid for and didn't see end. Once."""
        ...

    async def identified(self, key: str, attempt: int, found: FoundBy) -> None:
        """Journal under which id the provider keeps the answer that begins."""
        ...

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        """Charge or release the hold, journal the end, emit `step.finished` or `step.failed`."""
        ...

    async def affords(
        self, model: str, max_input_tokens: int, max_output_tokens: int
    ) -> Purse | None:
        """What is left for the run besides its closing call, and how many calls of this bound.

        None when neither a limit of its own nor a hard budget binds it, or when it asks for more
        once it needs more. Holds nothing.
        """
        ...

    async def replayed(self, recorded: Recorded, label: str) -> None:
        """Emit that a finished step was read back instead of bought."""
        ...

    def effect_id(self, key: str, digest: str) -> str:
        """What identifies a call's effect: the same each time that it is made, and no other's."""
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


class Approvals(Protocol):
    """What a person says of tool calls before they may take effect."""

    def of(self, key: str) -> Asked | None:
        """The newest question about the call with this key, or that it had begun; else None."""
        ...

    async def ask(self, step: ToolStep) -> None:
        """Journal the question, whose `reason` is in the step's request. Raises `Fenced`."""
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


@runtime_checkable
class Findable(ModelStream, Protocol):
    """A stream whose answer the provider may be asked for again."""

    @property
    def found_by(self) -> FoundBy | None:
        """Its id, as soon as that is known; None where it can't be found."""
        ...


@runtime_checkable
class GoesOn(ModelStream, Protocol):
    """A stream whose answer is made whether anyone reads it or not."""

    async def give_up(self) -> None:
        """Nobody wants the answer any more: the provider is to stop. Never raises."""
        ...


@runtime_checkable
class Resumes(Protocol):
    """Models whose answers can be read on by another process."""

    async def resume(self, request: ModelRequest, found: FoundBy) -> "ModelStream":
        """The answer of an earlier request, without asking anew. Sends nothing itself."""
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


@runtime_checkable
class Endpoint(Model, Protocol):
    """The models of one provider, with the connections to it."""

    async def close(self) -> None:
        """Close all connections."""
        ...


class Breakers(Protocol):
    """Keep calls from a model whose calls keep failing. No method raises or waits for long."""

    def fallback(self, model: str) -> str | None:
        """The model that is called instead of this one, where there is one."""
        ...

    async def outage(self, model: str) -> Outage | None:
        """Why a call of this model wouldn't be let in now; None where it would."""
        ...

    async def admit(self, model: str) -> Admission | Outage:
        """Leave to call the model, or why not. One of the next three is told how it went."""
        ...

    async def answered(self, admission: Admission) -> None:
        """The provider answers."""
        ...

    async def failed(self, admission: Admission, code: str) -> None:
        """The provider failed, with the code of one of its failures."""
        ...

    async def withdrawn(self, admission: Admission) -> None:
        """The call ended without a word about the provider, or was never sent."""
        ...


class ToolBox(Protocol):
    """The tools that one run may use."""

    def specs(self) -> list[dict[str, Any]]:
        """The tools as they are declared to the model."""
        ...

    def get(self, name: str) -> Tool | None:
        """A tool of this run."""
        ...

    def reading(self) -> "ToolBox":
        """Those of them that change nothing."""
        ...

    def check(self, name: str, arguments: str) -> dict[str, Any] | Outcome:
        """The arguments, or what is wrong with the call as the model will read it."""
        ...

    async def run(self, name: str, arguments: dict[str, Any], context: ToolContext) -> Outcome:
        """Run a tool with checked arguments. Never raises for what the tool does wrong."""
        ...


class Permits(Protocol):
    """What may be used at this moment, whatever a run was submitted with."""

    async def refusal(self, tool: str) -> str:
        """Why a tool may not be used, in words for the model; empty where it may."""
        ...


def untraced(key: str) -> str:
    """Nothing: the call is a part of no trace."""
    return ""


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a run needs from the world.

    `http`, `secrets`, `gap_s` and `servers` are for its tools. Without `permits`, all are allowed;
    without `approvals`, nobody is asked. `origin` is what a provider is told of the run, and
    `traceparent` of the trace that a step's call is a part of.
    """

    journal: Journal
    model: Model
    live: Live
    stop: Stop
    clock: Clock
    toolbox: ToolBox
    breakers: Breakers
    http: Guard | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    gap_s: float = GAP_S
    origin: Origin = NOBODY
    traceparent: Callable[[str], str] = untraced
    approvals: Approvals | None = None
    servers: "Connections | None" = None
    permits: Permits | None = None

    def tool_context(self) -> ToolContext:
        """What the tools of one run may use, with a quota and a pace of its own."""
        return ToolContext(
            self.clock,
            self.http,
            self.secrets,
            pace=Pace(self.gap_s),
            servers=self.servers,
        )
