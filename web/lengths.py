"""Refuses request bodies of unknown length: to the API's views they would look empty."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from web.problems import problem

PREFIX = "/api/"

Handler = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def with_length(get_response: Handler) -> Handler:
    """Middleware: a body under /api/ says how long it is."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            answer: HttpResponseBase = _refusal(request) or await get_response(request)
            return answer

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return _refusal(request) or get_response(request)

    return answer


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if not request.path.startswith(PREFIX):
        return None
    if request.headers.get("Content-Length") or "Transfer-Encoding" not in request.headers:
        return None
    return problem(411, "Send the length of the body in Content-Length.")
