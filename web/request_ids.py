"""A short id for each request: in its log lines, its answer's header, and on error pages."""

import secrets
from collections.abc import Awaitable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from structlog.contextvars import bound_contextvars, get_contextvars

from web.middleware import Handler

HEADER = "X-Request-ID"
BYTES = 5


def current_id() -> str:
    """The id of the request that is being answered here; empty outside of one."""
    return str(get_contextvars().get("request_id", ""))


@sync_and_async_middleware
def with_request_id(get_response: Handler) -> Handler:
    """Middleware: the outermost, so that every line and every answer of a request has its id."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            with bound_contextvars(request_id=secrets.token_hex(BYTES)):
                return _marked(await get_response(request))

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        with bound_contextvars(request_id=secrets.token_hex(BYTES)):
            return _marked(get_response(request))  # type: ignore[arg-type]

    return answer


def _marked(response: HttpResponseBase) -> HttpResponseBase:
    response[HEADER] = current_id()
    return response
