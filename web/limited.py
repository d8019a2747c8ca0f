"""Pages whose posts are counted."""

from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from web.rate_headers import rate_headers
from web.ratelimit import Counted, Limit, consume

View = Callable[..., HttpResponseBase]


def waiting_time(seconds: int) -> str:
    """Seconds in words, rounded up: `40 seconds`, `3 minutes`."""
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes" if minutes < 90 else f"{-(-minutes // 60)} hours"


def add_rate_headers(response: HttpResponseBase, counted: Counted) -> None:
    """Say on a page's answer where its limits stand."""
    for name, value in rate_headers(counted).items():
        response.headers[name] = value


def _too_many(request: HttpRequest, counted: Counted) -> HttpResponse:
    """The 429 page, which says how long to wait."""
    context = {"wait": waiting_time(counted.tightest.reset_s)}
    return render(request, "429.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)


def limit_posts(limits: Callable[[HttpRequest], Iterable[Limit]]) -> Callable[[View], View]:
    """Decorate a page's view: a POST beyond its limits gets the 429 page.

    The view finds what was counted as `request.counted`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            counted = consume(limits(request)) if request.method == "POST" else None
            request.counted = counted  # type: ignore[attr-defined]
            if counted and not counted.allowed:
                response: HttpResponseBase = _too_many(request, counted)
            else:
                response = view(request, *args, **kwargs)
            if counted:
                add_rate_headers(response, counted)
            return response

        return limited

    return decorate
