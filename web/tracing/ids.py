"""Ids of traces, and the header in which one process tells another of its span."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

HEADER = "traceparent"

_wanted: ContextVar[int | None] = ContextVar("wanted trace", default=None)
_propagator = TraceContextTextMapPropagator()


class TraceIds(RandomIdGenerator):
    """Random, but for a trace whose id is wanted."""

    def generate_trace_id(self) -> int:
        """The id of a trace that begins now."""
        return _wanted.get() or super().generate_trace_id()


@contextmanager
def wanted_trace(trace_id: int) -> Iterator[None]:
    """A span without a parent that begins within belongs to this trace."""
    token = _wanted.set(trace_id)
    try:
        yield
    finally:
        _wanted.reset(token)


def context_of(traceparent: str) -> Context:
    """Where the children of the span that the header names begin; none of it: a new trace."""
    return _propagator.extract({HEADER: traceparent}, context=Context())


def traceparent_to(span: Span) -> str:
    """The header that makes others' spans children of this one."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, context=set_span_in_context(span, Context()))
    return carrier.get(HEADER, "")
