"""Spans and metrics of one process, sent by OTLP over HTTP from threads of the SDK's own.

A collector that is away costs spans, and no request or run any time: the queue is bounded, and what
doesn't fit is dropped.
"""

import os
import socket
import threading
import time
from collections.abc import Mapping
from uuid import uuid4

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    TraceIdRatioBased,
)
from opentelemetry.trace import Tracer

from web.tracing.ids import TraceIds

# How long the end of a process waits for the collector.
FLUSH_S = 2.0
PARENT_BASED = "parentbased_"


class Telemetry:
    """Begins to send when it is made."""

    def __init__(self) -> None:
        resource = Resource.create(
            {
                "service.name": settings.SERVICE_NAME,
                "service.instance.id": str(uuid4()),
                "deployment.environment.name": settings.ENVIRONMENT_NAME,
                "host.name": socket.gethostname(),
                "process.pid": os.getpid(),
            }
        )
        self._spans = TracerProvider(sampler=_sampler(), resource=resource, id_generator=TraceIds())
        self._spans.add_span_processor(BatchSpanProcessor(_span_exporter()))
        readers = [_reader()] if settings.OTLP_METRICS else []
        self._metrics = MeterProvider(readers, resource=resource)

    def tracer(self, name: str, attributes: Mapping[str, str] | None = None) -> Tracer:
        """What makes the spans of one part of the site."""
        return self._spans.get_tracer(name, attributes=attributes)

    def meter(self, name: str) -> Meter:
        """What makes the metrics of one part of the site."""
        return self._metrics.get_meter(name)

    def end(self) -> None:
        """Send what is left, for `FLUSH_S` at most."""
        until_s = time.monotonic() + FLUSH_S
        ending = [
            # The SDK would wait for half a minute.
            threading.Thread(target=provider.shutdown, name="telemetry", daemon=True)
            for provider in (self._spans, self._metrics)
        ]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join(max(0.0, until_s - time.monotonic()))


def _span_exporter() -> OTLPSpanExporter:
    return OTLPSpanExporter(
        endpoint=f"{settings.OTLP_ENDPOINT}/v1/traces", headers=settings.OTLP_HEADERS
    )


def _reader() -> PeriodicExportingMetricReader:
    exporter = OTLPMetricExporter(
        endpoint=f"{settings.OTLP_ENDPOINT}/v1/metrics", headers=settings.OTLP_HEADERS
    )
    return PeriodicExportingMetricReader(exporter)


def _sampler() -> Sampler:
    """By OTEL_TRACES_SAMPLER and its argument."""
    name: str = settings.TRACES_SAMPLER
    roots = {
        "always_on": ALWAYS_ON,
        "always_off": ALWAYS_OFF,
        "traceidratio": TraceIdRatioBased(settings.TRACES_SAMPLER_ARG),
    }
    root: Sampler = roots[name.removeprefix(PARENT_BASED)]
    return ParentBased(root) if name.startswith(PARENT_BASED) else root
