"""A stay of a run whose spans a collector receives."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from billing.providers import Provider
from runs.engine.types import Spec
from runs.executor.observer import Stay
from runs.executor.tracing.run_trace import RunTrace
from runs.executor.tracing.traces import Traces
from tests.collector import Collector, collecting
from tests.runs.executor.tracing.stay import KEY, PARENT, RUN
from web.tracing.telemetry import Telemetry


@pytest.fixture(autouse=True)
def _own_log_names() -> Iterator[None]:
    """A worker's task has a context of its own; what a stay adds to log lines ends with it."""
    with bound_contextvars(trace_id=""):
        yield


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    with collecting() as collector:
        settings.OTLP_ENDPOINT = collector.url
        settings.OTLP_HEADERS = {"authorization": "Basic abc"}
        settings.PROVIDERS = (
            Provider(
                "mistral",
                models=("eu/large",),
                endpoint="mistral",
                base_url="https://api.mistral.ai/v1",
                prefix="eu/",
                api_key=KEY,
            ),
        )
        yield collector


class Tracing:
    """Makes stays of a run, and sends their spans."""

    def __init__(self) -> None:
        self._telemetry = Telemetry()
        self._traces = Traces(self._telemetry)
        self.flush = self._telemetry.end

    def __call__(self, *, traceparent: str = PARENT, session_id: str = "chat-7") -> RunTrace:
        spec = Spec(task="Add.", pattern="react", model="eu/large", tools=("calculator",))
        return RunTrace(self._traces, Stay(RUN, 2, spec, 7, session_id, traceparent))


@pytest.fixture
def trace(collector: Collector) -> Tracing:
    return Tracing()


@pytest.fixture
def sent(collector: Collector) -> Callable[..., Collector]:
    """Do this within a stay, and wait until all of it was sent."""

    def sent(do: Callable[[RunTrace], None], **stay: str) -> Collector:
        trace = Tracing()
        try:
            with trace(**stay) as stayed:
                do(stayed)
        finally:
            trace.flush()
        return collector

    return sent
