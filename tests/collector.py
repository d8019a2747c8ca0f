"""A collector that takes OTLP over HTTP, in a thread of its own, and shows what came."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

ERROR = 2


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it was sent. Ids are hexadecimal; times are nanoseconds."""

    name: str
    kind: str
    trace_id: str
    id: str
    parent_id: str
    began_ns: int
    ended_ns: int
    failed: bool
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    scope: dict[str, Any]
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a histogram."""

    metric: str
    count: int
    sum: float
    attributes: dict[str, Any]


@dataclass
class Collector:
    """What has arrived so far."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: bytes = b""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.headers.append(headers)
        self.raw += body
        if path == "/v1/traces":
            self.spans += _spans(body)
        elif path == "/v1/metrics":
            self.points += _points(body)

    def named(self, start: str, trace_id: str = "") -> list[Span]:
        """Spans whose names begin so, by their beginning."""
        found = [one for one in self.spans if one.name.startswith(start)]
        return sorted(
            (one for one in found if trace_id in ("", one.trace_id)), key=lambda one: one.began_ns
        )

    def tree(self, parent_id: str) -> list[Any]:
        """Names of spans with those within them, by their beginning."""
        children = [one for one in self.named("") if one.parent_id == parent_id]
        return [(one.name, self.tree(one.id)) for one in children]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a port of this machine."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.take(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()


def _spans(body: bytes) -> Iterator[Span]:
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _attributes(group.resource.attributes)
        for scoped in group.scope_spans:
            scope = {"name": scoped.scope.name, **_attributes(scoped.scope.attributes)}
            for sent in scoped.spans:
                yield _span(sent, scope, resource)


def _span(sent: Sent, scope: dict[str, Any], resource: dict[str, Any]) -> Span:
    return Span(
        name=sent.name,
        kind=Sent.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_"),
        trace_id=sent.trace_id.hex(),
        id=sent.span_id.hex(),
        parent_id=sent.parent_span_id.hex(),
        began_ns=sent.start_time_unix_nano,
        ended_ns=sent.end_time_unix_nano,
        failed=sent.status.code == ERROR,
        attributes=_attributes(sent.attributes),
        events=[(event.name, _attributes(event.attributes)) for event in sent.events],
        scope=scope,
        resource=resource,
    )


def _points(body: bytes) -> Iterator[Point]:
    for group in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        for scoped in group.scope_metrics:
            for metric in scoped.metrics:
                for point in metric.histogram.data_points:
                    attributes = _attributes(point.attributes)
                    yield Point(metric.name, point.count, point.sum, attributes)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
