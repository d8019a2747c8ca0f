"""A run's stay on this worker as a span, with its calls and tools within it."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import TracebackType
from typing import Self

from opentelemetry.trace import SpanKind, format_trace_id, set_span_in_context
from structlog.contextvars import bind_contextvars

from billing.money import format_usd
from runs.engine.errors import Fenced, Paused, Stopped
from runs.engine.types import Hold, Recorded, Result, StepEnd, StepStart, ToolStep
from runs.executor.observer import Observer, Stay
from runs.executor.tracing import conventions as names
from runs.executor.tracing.calls import CallSpans
from runs.executor.tracing.opened import INTERRUPTED, NS_PER_MS, Attributes, opened
from runs.executor.tracing.tools import ToolSpans
from runs.executor.tracing.traces import Traces
from web.tracing.ids import context_of, wanted_trace

logger = logging.getLogger(__name__)


@contextmanager
def harmless() -> Iterator[None]:
    """What is wrong with a span is wrong with that alone: the run goes on."""
    try:
        yield
    except Exception:
        logger.exception("a span could not be made")


class RunTrace(Observer):
    """Makes the spans of one stay. The next worker's is another child of the same parent.

    What was bought before is told as an event of the span: it is no call of this stay. A run that
    no request submitted has a trace of its own, of the same id on each worker.
    """

    def __init__(self, traces: Traces, stay: Stay) -> None:
        self._traces = traces
        self._cost_usd: Decimal | None = Decimal(0)
        self._labels = {
            names.OPERATION: names.INVOKE_AGENT,
            names.AGENT_NAME: stay.spec.pattern,
            names.REQUEST_MODEL: stay.spec.model,
        }
        about = _about(stay)
        with wanted_trace(stay.run_id.int):
            self._stay = opened(
                traces.tracer,
                names.INVOKE_AGENT,
                stay.spec.pattern,
                SpanKind.INTERNAL,
                context_of(stay.traceparent),
                {
                    **about,
                    names.REQUEST_MODEL: stay.spec.model,
                    names.RUN_EPOCH: stay.epoch,
                    names.LANGFUSE_TRACE_NAME: f"{names.INVOKE_AGENT} {stay.spec.pattern}",
                },
            )
        within = set_span_in_context(self._stay.span)
        self._calls = CallSpans(traces, within, about)
        self._tools = ToolSpans(traces, within, about, stay.spec.tools)

    def __enter__(self) -> Self:
        trace_id = self._stay.span.get_span_context().trace_id
        bind_contextvars(trace_id=format_trace_id(trace_id))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, left: BaseException | None, _: TracebackType | None
    ) -> None:
        self._calls.interrupt()
        self._tools.interrupt()
        about, error = _departure(left) if left else _end(self.result)
        if self._cost_usd is not None:
            about[names.COST] = format_usd(self._cost_usd)
        self._stay.span.set_attributes(about)
        duration_ms = (time.time_ns() - self._stay.began_ns) // NS_PER_MS
        if error:
            self._labels[names.ERROR_TYPE] = error
        self._traces.agent_seconds.record(duration_ms / 1000, self._labels)
        self._stay.end(duration_ms, error)

    def traceparent(self, key: str) -> str:
        """The span of a call that is under way, as its parent at the provider."""
        return self._calls.traceparent(key)

    def held(self, start: StepStart, hold: Hold) -> None:
        """Begin the span of a call."""
        with harmless():
            self._calls.begin(start, hold)

    def settled(self, start: StepStart, end: StepEnd, cost_usd: str | None) -> None:
        """End the span of a call."""
        super().settled(start, end, cost_usd)
        if self._cost_usd is not None:
            self._cost_usd = self._cost_usd + Decimal(cost_usd) if cost_usd is not None else None
        with harmless():
            self._calls.end(start, end, cost_usd)

    def replayed(self, recorded: Recorded, saved_usd: str) -> None:
        """Tell of an answer that was bought before."""
        about: Attributes = {names.STEP_KEY: recorded.key, names.SAVED: saved_usd}
        self._stay.span.add_event(names.REPLAYED, about)

    def tool_started(self, step: ToolStep) -> None:
        """Begin the span of a tool call."""
        with harmless():
            self._tools.begin(step)

    def tool_finished(self, step: ToolStep) -> None:
        """End the span of a tool call."""
        with harmless():
            self._tools.end(step)


def _about(stay: Stay) -> Attributes:
    """What all spans of the stay say: whose run it is, by numbers alone."""
    about: Attributes = {
        names.AGENT_NAME: stay.spec.pattern,
        names.RUN_ID: str(stay.run_id),
        names.USER_ID: str(stay.owner_id),
    }
    if stay.session_id:
        about |= {names.CONVERSATION_ID: stay.session_id, names.SESSION_ID: stay.session_id}
    return about


def _end(result: Result | None) -> tuple[Attributes, str]:
    """How the run ended, and its error. One that could not begin for want of money is queued."""
    if result is None:
        return {names.RUN_OUTCOME: "queued"}, ""
    about: Attributes = {
        names.RUN_OUTCOME: "ended",
        names.RUN_STATUS: result.status,
        names.RUN_STOP_REASON: result.stop_reason,
    }
    return about, (result.error or {}).get("code") or ""


def _departure(left: BaseException) -> tuple[Attributes, str]:
    """Why the run left without an end: it goes on elsewhere, waits for a person, or broke off."""
    if isinstance(left, Stopped) and left.reason == "shutdown":
        return {names.RUN_OUTCOME: "handed_back"}, ""
    if isinstance(left, Paused):
        return {names.RUN_OUTCOME: f"awaiting_{left.reason}"}, ""
    error = "lost" if isinstance(left, Fenced | Stopped) else INTERRUPTED
    return {names.RUN_OUTCOME: error}, error
