"""A short id for each request: in its log lines, its answer's header, and on error pages."""

import secrets
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.log import log_response
from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    get_contextvars,
    unbind_contextvars,
)

from web.middleware import Handler
from web.traces import trace_id_of, traceparent_of

HEADER = "X-Request-ID"
BYTES = 5
USER = "user"


def current_id() -> str:
    """The id of the request that is being answered here; empty outside of one."""
    return str(get_contextvars().get("request_id", ""))


@contextmanager
def named(request: HttpRequest) -> Iterator[None]:
    """Log lines within have the request's new id, and the trace that it is a part of."""
    trace = trace_id_of(traceparent_of(request))
    names = {"trace_id": trace} if trace else {}
    with bound_contextvars(request_id=secrets.token_hex(BYTES), **names):
        try:
            yield
        finally:
            unbind_contextvars(USER)


def name_user(pk: int) -> None:
    """From here on, the request's log lines have its user's number: no name, no address."""
    bind_contextvars(**{USER: pk})


@sync_and_async_middleware
def with_request_id(get_response: Handler) -> Handler:
    """Middleware: the outermost, so that every line and every answer of a request has its id."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            with named(request):
                return _marked(request, await get_response(request))

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        with named(request):
            return _marked(request, get_response(request))  # type: ignore[arg-type]

    return answer


def _marked(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response[HEADER] = current_id()
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        # Django would say the same once it is here no more, and the names are gone.
        log_response(
            "%s: %s",
            response.reason_phrase,
            request.path,
            response=response,  # type: ignore[arg-type] # streaming ones are logged as well
            request=request,
        )
    return response
