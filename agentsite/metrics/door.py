"""Who may read the metrics: the bearer of METRICS_TOKEN by any address, and staff by the site's."""

import hmac
from collections.abc import Awaitable

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from agentsite.metrics.exposition import CONTENT_TYPE, PARTS, exposition
from billing.api.views import StaffView
from web.connections import in_any_thread
from web.middleware import Handler

PATH = "/metrics"


def scrape(request: HttpRequest | Request) -> HttpResponse:
    """The text, or the part of it that `part` names."""
    part = request.GET.get("part", "all")
    if part not in PARTS:
        return HttpResponseBadRequest(
            f"part: one of {', '.join(PARTS)}\n", content_type="text/plain"
        )
    return HttpResponse(exposition(part), content_type=CONTENT_TYPE)


@sync_and_async_middleware
def answer_scrapes(get_response: Handler) -> Handler:
    """Middleware before all that looks at names, TLS or sessions: scrapes come by any address."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            if has_token(request):
                return await in_any_thread(scrape)(request)
            answer: HttpResponseBase = await get_response(request)
            return answer

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return scrape(request) if has_token(request) else get_response(request)

    return answer


def has_token(request: HttpRequest) -> bool:
    """True of a scrape with the site's token; never where there is none."""
    if request.path != PATH or request.method != "GET" or not settings.METRICS_TOKEN:
        return False
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())
    return scheme.lower() == "bearer" and same


class MetricsView(StaffView):
    """For staff, in a browser or with a token that may administer."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """What a scrape gets."""
        return scrape(request)
