"""What the runs of one process are traced with."""

from django.conf import settings
from opentelemetry.metrics import Histogram

from runs.executor.tracing import conventions as names
from runs.executor.tracing.contents import Contents
from web.tracing.telemetry import Telemetry

SCOPE = "agentsite.runs"


class Traces:
    """The tracer, the histograms, and `contents` where they are sent."""

    def __init__(self, telemetry: Telemetry) -> None:
        meter = telemetry.meter(SCOPE)

        def seconds(name: str, bounds: tuple[float, ...]) -> Histogram:
            return meter.create_histogram(
                name, unit="s", explicit_bucket_boundaries_advisory=bounds
            )

        self.tracer = telemetry.tracer(SCOPE, {names.CONVENTIONS: names.VERSION})
        self.call_seconds = seconds(names.INFERENCE_SECONDS, names.CALL_BOUNDS)
        self.first_chunk_seconds = seconds(names.FIRST_CHUNK_SECONDS, names.CALL_BOUNDS)
        self.tool_seconds = seconds(names.TOOL_SECONDS, names.CALL_BOUNDS)
        self.agent_seconds = seconds(names.AGENT_SECONDS, names.AGENT_BOUNDS)
        self.contents = Contents(_secrets()) if settings.TRACE_CONTENTS else None


def _secrets() -> tuple[str, ...]:
    """What no span may show, whoever wrote it."""
    keys = (provider.api_key for provider in settings.PROVIDERS)
    return (*keys, settings.TOOL_SECRETS["tavily_key"], settings.SECRET_KEY)
