"""HTTP requests as spans, and the trace that what is behind them becomes a part of."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from agentsite.observability.requests import traced
from tests.collector import Collector, collecting
from web.tracing.telemetry import Telemetry

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01"
Ask = Callable[..., Any]


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    with collecting() as collector:
        settings.OTLP_ENDPOINT = collector.url
        yield collector


@pytest.fixture
def telemetry(collector: Collector) -> Iterator[Telemetry]:
    telemetry = Telemetry()
    yield telemetry
    telemetry.end()


async def told(
    telemetry: Telemetry,
    path: str = "/api/v1/runs/",
    *,
    status: int = 202,
    error: Exception | None = None,
    traceparent: str = "",
) -> str:
    """Send a request; return the `traceparent` that the site is told, once its span is sent."""
    found: list[str] = []

    async def site(scope: dict[str, Any], receive: Any, send: Any) -> None:
        found.extend(v.decode() for name, v in scope["headers"] if name == b"traceparent")
        if error:
            raise error
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "https",
        "path": path,
        "query_string": b"secret=1",
        "headers": [(b"host", b"site")],
    }
    if traceparent:
        scope["headers"].append((b"traceparent", traceparent.encode()))  # type: ignore[attr-defined]
    request = ApplicationCommunicator(traced(site, telemetry), scope)
    await request.wait(60)
    telemetry.end()
    return found[0] if found else ""


async def test_the_site_is_told_the_requests_own_span(telemetry, collector):
    given = await told(telemetry, traceparent=GIVEN)

    (span,) = collector.spans
    assert given == f"00-{TRACE}-{span.id}-01"
    assert (span.name, span.kind) == ("POST /api/v1/runs/", "SERVER")
    assert (span.trace_id, span.parent_id, span.failed) == (TRACE, PARENT, False)
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/api/v1/runs/",
        "http.response.status_code": 202,
        "url.scheme": "https",
    }
    assert span.resource["service.name"] == "agentsite"


@pytest.mark.parametrize("wrong", ["", "00-zz-zz-01", "\xff"])
async def test_a_request_without_a_trace_begins_one(telemetry, collector, wrong: str):
    given = await told(telemetry, traceparent=wrong)

    (span,) = collector.spans
    # 1: kept; 2: its id is random.
    assert given == f"00-{span.trace_id}-{span.id}-03"
    assert span.parent_id == ""


async def test_a_trace_that_its_client_does_not_keep_goes_on_unkept(telemetry, collector):
    given = await told(telemetry, traceparent=f"00-{TRACE}-{PARENT}-00")

    assert given.startswith(f"00-{TRACE}-")
    assert given.endswith("-00")
    assert collector.spans == []


@pytest.mark.parametrize(
    ("status", "error", "kind"), [(503, None, "503"), (0, ZeroDivisionError(), "ZeroDivisionError")]
)
async def test_a_fault_of_the_site_is_an_error(telemetry, collector, status, error, kind):
    if error:
        with pytest.raises(ZeroDivisionError):
            await told(telemetry, status=status, error=error)
        telemetry.end()
    else:
        await told(telemetry, status=status)

    (span,) = collector.spans
    assert (span.failed, span.attributes["error.type"]) == (True, kind)


async def test_a_clients_fault_is_none(telemetry, collector):
    await told(telemetry, status=404)
    assert not collector.spans[0].failed


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/static/app.css"])
async def test_probes_and_files_are_not_traced(telemetry, collector, path: str):
    assert await told(telemetry, path, status=200) == ""
    assert collector.spans == []


async def test_an_address_that_is_a_key_is_in_no_span(telemetry, collector):
    await told(telemetry, "/accounts/password/reset/key/1-hidden/", status=200)
    (span,) = collector.spans
    assert "<" in span.attributes["http.route"] or "(" in span.attributes["http.route"]
    assert b"hidden" not in collector.raw
    assert b"secret=1" not in collector.raw


async def test_an_address_that_there_is_not_has_no_name(telemetry, collector):
    await told(telemetry, "/nothing/of/ours/", status=404)
    (span,) = collector.spans
    assert span.name == "POST"
    assert "http.route" not in span.attributes
