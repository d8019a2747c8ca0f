"""Spans that have begun and not ended yet."""

import time
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from runs.executor.tracing import conventions as names

INTERRUPTED = "interrupted"
NS_PER_MS = 1_000_000

Attributes = dict[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class Opened:
    """A span and when it began, in nanoseconds of the wall clock."""

    span: Span
    began_ns: int

    def end(self, duration_ms: int, error: str = "") -> None:
        """End it so long after its beginning, well or with this error."""
        if error:
            self.span.set_attribute(names.ERROR_TYPE, error)
            self.span.set_status(StatusCode.ERROR, error)
        self.span.end(self.began_ns + duration_ms * NS_PER_MS)

    def interrupt(self) -> None:
        """End it now: nobody knows how it would have ended."""
        self.end((time.time_ns() - self.began_ns) // NS_PER_MS, INTERRUPTED)


def opened(
    tracer: Tracer, operation: str, of: str, kind: SpanKind, within: Context, about: Attributes
) -> Opened:
    """Begin a span of this operation now, within another one."""
    began_ns = time.time_ns()
    span = tracer.start_span(
        f"{operation} {of}",
        context=within,
        kind=kind,
        attributes={names.OPERATION: operation, **about},
        start_time=began_ns,
    )
    return Opened(span, began_ns)
