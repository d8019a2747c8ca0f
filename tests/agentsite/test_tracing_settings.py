"""When the site traces, and what it says where it can't."""

import sys
from pathlib import Path

import pytest

from agentsite.env import load_env
from agentsite.otel import EXPORTER
from tests.agentsite.variables import SAFE, refusal, take_away

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
COLLECTOR = "http://collector:4318"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch)


@pytest.mark.parametrize(
    ("given", "on"),
    [
        ({}, False),
        ({ENDPOINT: COLLECTOR}, False),
        ({ENDPOINT: COLLECTOR, "TRACING": "true"}, True),
    ],
)
def test_in_development_it_is_on_where_that_is_said(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], on: bool
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_env().traces is on


@pytest.mark.parametrize(
    ("given", "on"),
    [
        ({}, False),
        ({ENDPOINT: COLLECTOR}, True),
        ({ENDPOINT: COLLECTOR, "TRACING": "false"}, False),
    ],
)
def test_for_others_it_is_on_where_there_is_a_collector(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], on: bool
) -> None:
    for name, value in {**SAFE, "ENVIRONMENT": "production", "ENV_FILE": "", **given}.items():
        monkeypatch.setenv(name, value)
    assert load_env().traces is on


def test_headers_are_read_as_the_sdk_reads_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "headers").write_text("Authorization=Basic%20YWJj, x-scope = one\n")
    monkeypatch.setenv(f"{HEADERS}_FILE", str(tmp_path / "headers"))
    env = load_env()
    assert env.otlp_headers == {"authorization": "Basic YWJj", "x-scope": "one"}
    assert "YWJj" not in repr(env)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TRACING", "true", "needs OTEL_EXPORTER_OTLP_ENDPOINT"),
        (ENDPOINT, "collector:4318", "must start with http://"),
        (ENDPOINT, "https://me:hidden@collector", "put it into OTEL_EXPORTER_OTLP_HEADERS"),
        (HEADERS, "Basic hidden", "has to be name=value"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5", "OTEL_TRACES_SAMPLER_ARG"),
        ("OTEL_METRICS_EXPORTER", "prometheus", "OTEL_METRICS_EXPORTER"),
        ("TRACE_URL", "https://jaeger.example/trace/", "{trace_id}"),
    ],
)
def test_what_can_not_be_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    line = refusal()
    assert reason in line
    assert "hidden" not in line


def test_without_the_extra_the_start_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, COLLECTOR)
    monkeypatch.setenv("TRACING", "true")
    # As Python remembers a module that there isn't.
    monkeypatch.setitem(sys.modules, EXPORTER, None)
    assert "pip install -r requirements-tracing.lock" in refusal()
