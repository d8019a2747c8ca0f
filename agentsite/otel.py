"""The variables of OpenTelemetry, by its own names, and the site's own about traces."""

from importlib.util import find_spec
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from agentsite.providers import HttpUrl

EXPORTER = "opentelemetry.exporter.otlp.proto.http"
PLACE = "{trace_id}"
Sampler = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]


class OtelVariables(BaseSettings):
    """Where spans and metrics go. Other variables of OpenTelemetry are read by its SDK itself."""

    tracing: bool | None = None
    otel_exporter_otlp_endpoint: HttpUrl = ""
    otel_exporter_otlp_headers: SecretStr = SecretStr("")
    otel_metrics_exporter: Literal["otlp", "none"] = "otlp"
    otel_service_name: str = "agentsite"
    otel_traces_sampler: Sampler = "parentbased_always_on"
    otel_traces_sampler_arg: float = Field(default=1, ge=0, le=1)
    trace_contents: bool = False
    trace_url: HttpUrl = ""

    @model_validator(mode="after")
    def _traces_can_be_sent(self) -> Self:
        if self.tracing and not self.otel_exporter_otlp_endpoint:
            raise ValueError("TRACING needs OTEL_EXPORTER_OTLP_ENDPOINT: where spans go")
        if urlsplit(self.otel_exporter_otlp_endpoint).password:
            raise ValueError(
                "OTEL_EXPORTER_OTLP_ENDPOINT can't have a password: put it into "
                "OTEL_EXPORTER_OTLP_HEADERS"
            )
        if self.trace_url and PLACE not in self.trace_url:
            raise ValueError(f"TRACE_URL has to say where the trace's id stands: {PLACE}")
        _ = self.otlp_headers
        return self

    @property
    def traces(self) -> bool:
        """True where spans are made and sent."""
        return bool(self.tracing and self.otel_exporter_otlp_endpoint)

    @property
    def otlp_headers(self) -> dict[str, str]:
        """What is sent with each batch. Raises ValueError, which doesn't show them."""
        headers = {}
        for pair in self.otel_exporter_otlp_headers.get_secret_value().split(","):
            name, equals, value = pair.partition("=")
            if equals and name.strip():
                headers[unquote(name).strip().lower()] = unquote(value).strip()
            elif pair.strip():
                raise ValueError(
                    "OTEL_EXPORTER_OTLP_HEADERS has to be name=value, separated by commas"
                )
        return headers


def check_installed() -> None:
    """Raise ValueError where the extra `tracing` is missing."""
    try:
        found = find_spec(EXPORTER)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise ValueError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but what sends traces isn't installed: "
            "pip install -r requirements-tracing.lock, or set TRACING=false"
        )
