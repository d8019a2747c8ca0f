"""Whether spans and metrics go out by OTLP, and where to."""

from agentsite.env import env

given = env()
TRACING = given.traces
OTLP_ENDPOINT = given.otel_exporter_otlp_endpoint
OTLP_HEADERS = given.otlp_headers
OTLP_METRICS = given.otel_metrics_exporter == "otlp"
SERVICE_NAME = given.otel_service_name
ENVIRONMENT_NAME = given.environment
TRACES_SAMPLER = given.otel_traces_sampler
# The part of traces that `traceidratio` keeps.
TRACES_SAMPLER_ARG = given.otel_traces_sampler_arg
# Whether spans have what was asked and answered.
TRACE_CONTENTS = given.trace_contents
# Where a trace is shown, with `{trace_id}` in it; empty: nowhere that the site knows of.
TRACE_URL = given.trace_url
