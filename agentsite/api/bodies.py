"""Refuses request bodies that no API view could read, before anything tries to."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from agentsite.api.problems import problem

PREFIX = "/api/"

Handler = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def readable_bodies(get_response: Handler) -> Handler:
    """Middleware: a body under /api/ has a length and is JSON."""
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
    length = request.headers.get("Content-Length", "")
    if not length and "Transfer-Encoding" in request.headers:
        return problem(411, "Send the length of the body in Content-Length.")
    # A form would be read by the check of the CSRF token, and the view would see no body.
    if length.strip("0") and request.content_type != "application/json":
        return problem(415, "The body must be application/json.")
    return None
