"""Each HTTP request as a span, whose children are the runs that it submits."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from django.urls import Resolver404, resolve
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    url_attributes,
)
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from web.tracing.ids import HEADER, context_of, traceparent_to
from web.tracing.telemetry import Telemetry

SCOPE = "agentsite.http"
# Probes, scrapes and files would be most of the spans, and say nothing.
UNTRACED = ("/healthz", "/readyz", "/health", "/metrics", "/static/", "/favicon")
NAME = HEADER.encode()

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def traced(application: Application, telemetry: Telemetry) -> Application:
    """An ASGI application whose requests come with the `traceparent` of their own span."""
    tracer = telemetry.tracer(SCOPE)

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNTRACED):
            await application(scope, receive, send)
            return
        span = _begun(tracer, scope)

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                _answered(span, message["status"])
            await send(message)

        try:
            await application(_within(span, scope), receive, seen)
        except BaseException as error:
            _failed(span, type(error).__name__)
            raise
        finally:
            span.end()

    return answer


def _begun(tracer: Tracer, scope: Message) -> Span:
    """A span of the trace that the request names, or of a new one.

    It has the pattern of the address, not the address: that of a password's reset is a key.
    """
    given = next((value for name, value in scope["headers"] if name == NAME), b"")
    method, route = scope["method"], _route(scope["path"])
    about: dict[str, AttributeValue] = {
        http_attributes.HTTP_REQUEST_METHOD: method,
        url_attributes.URL_SCHEME: scope["scheme"],
    }
    if route:
        about[http_attributes.HTTP_ROUTE] = route
    return tracer.start_span(
        f"{method} {route}".rstrip(),
        context=context_of(given.decode("latin-1")),
        kind=SpanKind.SERVER,
        attributes=about,
    )


def _route(path: str) -> str:
    """The pattern of the address; empty where there is none."""
    try:
        return f"/{resolve(path).route}"
    except Resolver404:
        return ""


def _within(span: Span, scope: Message) -> Message:
    """The request as if this span had sent it."""
    others = [header for header in scope["headers"] if header[0] != NAME]
    return {**scope, "headers": [*others, (NAME, traceparent_to(span).encode())]}


def _answered(span: Span, status: int) -> None:
    span.set_attribute(http_attributes.HTTP_RESPONSE_STATUS_CODE, status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _failed(span, str(status))


def _failed(span: Span, error: str) -> None:
    span.set_attribute(error_attributes.ERROR_TYPE, error)
    span.set_status(StatusCode.ERROR)
