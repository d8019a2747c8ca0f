"""Who is told of what a run does on this worker, once it is in the journal."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import UUID

from runs.engine.types import Hold, Recorded, Result, Spec, StepEnd, StepStart, ToolStep
from web.measures import LLM_CALLS, LLM_FIRST_SECONDS, LLM_SECONDS


@dataclass(frozen=True, slots=True)
class Stay:
    """A run on one worker, until it leaves. `traceparent` is of the request that submitted it."""

    run_id: UUID
    epoch: int
    spec: Spec
    owner_id: int
    session_id: str
    traceparent: str


class Observer:
    """Is there while the run is. Measures its calls for `/metrics`; `result` is how it ended.

    No method waits for anything, or raises.
    """

    result: Result | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, left: BaseException | None, _: TracebackType | None
    ) -> None:
        """The run leaves this worker."""

    def traceparent(self, key: str) -> str:
        """What a provider is told of the trace that a step's call is a part of; else empty."""
        return ""

    def held(self, start: StepStart, hold: Hold) -> None:
        """A call is sent now."""

    def settled(self, start: StepStart, end: StepEnd, cost_usd: str | None) -> None:
        """A call has ended and cost so much; None where the run belongs to another worker."""
        LLM_CALLS.labels(start.model, end.status).inc()
        LLM_SECONDS.labels(start.model).observe(end.duration_ms / 1000)
        if end.first_output_ms is not None:
            LLM_FIRST_SECONDS.labels(start.model).observe(end.first_output_ms / 1000)

    def replayed(self, recorded: Recorded, saved_usd: str) -> None:
        """A finished call was read back."""

    def tool_started(self, step: ToolStep) -> None:
        """A tool is called."""

    def tool_finished(self, step: ToolStep) -> None:
        """A tool call has ended."""
