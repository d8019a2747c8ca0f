"""Each tool call that was made as a span."""

from collections.abc import Collection

from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from runs.engine.types import ToolStep
from runs.executor.tracing import conventions as names
from runs.executor.tracing.opened import Attributes, Opened, opened
from runs.executor.tracing.traces import Traces

# Models ask for tools that there aren't, and may call them anything.
UNKNOWN = "unknown"


class ToolSpans:
    """The tool calls of one run that are under way, by the keys of their steps."""

    def __init__(
        self, traces: Traces, within: Context, about: Attributes, known: Collection[str]
    ) -> None:
        self._traces = traces
        self._within = within
        self._about = about
        self._known = known
        self._opened: dict[str, Opened] = {}

    def begin(self, step: ToolStep) -> None:
        """A tool is called now."""
        name = self._name(step)
        about: Attributes = {
            **self._about,
            names.TOOL_NAME: name,
            names.TOOL_TYPE: "function",
            names.STEP_KEY: step.key,
            names.STEP_ATTEMPT: step.attempt,
        }
        if step.call_id:
            about[names.TOOL_CALL_ID] = step.call_id
        if contents := self._traces.contents:
            about[names.TOOL_ARGUMENTS] = contents.shown(step.request["arguments"])
        self._opened[step.key] = opened(
            self._traces.tracer, names.EXECUTE_TOOL, name, SpanKind.INTERNAL, self._within, about
        )

    def end(self, step: ToolStep) -> None:
        """A tool call has ended."""
        error = "" if step.ok else (step.error or {}).get("code", UNKNOWN)
        labels = {names.OPERATION: names.EXECUTE_TOOL, names.TOOL_NAME: self._name(step)}
        if error:
            labels[names.ERROR_TYPE] = error
        self._traces.tool_seconds.record(step.duration_ms / 1000, labels)
        if (call := self._opened.pop(step.key, None)) is None:
            return
        if (contents := self._traces.contents) and step.response:
            call.span.set_attribute(names.TOOL_RESULT, contents.shown(step.response["text"]))
        call.end(step.duration_ms, error)

    def interrupt(self) -> None:
        """The run goes on elsewhere, if at all."""
        for call in self._opened.values():
            call.interrupt()
        self._opened.clear()

    def _name(self, step: ToolStep) -> str:
        name: str = step.request["tool"]
        return name if name in self._known else UNKNOWN
