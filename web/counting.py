"""Counts requests, and how long they take."""

import time
from collections.abc import Awaitable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from web.measures import OTHER, count
from web.middleware import Handler


@sync_and_async_middleware
def counting(get_response: Handler) -> Handler:
    """Middleware around all others: what they refuse is counted too."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            began_s = time.monotonic()
            response: HttpResponseBase = await get_response(request)
            _count(request, response.status_code, began_s)
            return response

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        began_s = time.monotonic()
        response = get_response(request)
        _count(request, response.status_code, began_s)  # type: ignore[union-attr]
        return response

    return answer


def _count(request: HttpRequest, status: int, began_s: float) -> None:
    match = request.resolver_match
    route = f"/{match.route}" if match else OTHER
    count(request.method or OTHER, route, status, began_s)
