"""Middleware that answers some requests itself, for servers that await and servers that don't."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Handler = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
Middleware = Callable[[Handler], Handler]


def refusing(refusal: Callable[[HttpRequest], HttpResponseBase | None]) -> Middleware:
    """A middleware that goes no further where `refusal` has an answer. It may not do any I/O."""

    @sync_and_async_middleware
    def middleware(get_response: Handler) -> Handler:
        if iscoroutinefunction(get_response):

            async def answer_later(request: HttpRequest) -> HttpResponseBase:
                answer: HttpResponseBase = refusal(request) or await get_response(request)
                return answer

            return answer_later

        def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
            return refusal(request) or get_response(request)

        return answer

    return middleware


def finishing(finish: Callable[[HttpResponseBase], None]) -> Middleware:
    """A middleware that changes each answer on its way out. It may not do any I/O."""

    @sync_and_async_middleware
    def middleware(get_response: Handler) -> Handler:
        if iscoroutinefunction(get_response):

            async def answer_later(request: HttpRequest) -> HttpResponseBase:
                response: HttpResponseBase = await get_response(request)
                finish(response)
                return response

            return answer_later

        def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
            response = get_response(request)
            finish(response)  # type: ignore[arg-type]
            return response

        return answer

    return middleware


def reshaping(reshape: Callable[[HttpRequest, HttpResponseBase], HttpResponseBase]) -> Middleware:
    """A middleware that sends another answer in place of each. It may not do any I/O."""

    @sync_and_async_middleware
    def middleware(get_response: Handler) -> Handler:
        if iscoroutinefunction(get_response):

            async def answer_later(request: HttpRequest) -> HttpResponseBase:
                return reshape(request, await get_response(request))

            return answer_later

        def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
            return reshape(request, get_response(request))  # type: ignore[arg-type]

        return answer

    return middleware
