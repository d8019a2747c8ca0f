"""Rate limits on django-ratelimit's atomic counters, for API throttles and form views alike.

A limit that can't be counted, because Redis is away, lets the request through.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django_ratelimit.core import get_usage
from redis.exceptions import RedisError

# RFC 6052, section 2.1.
TRANSLATED = IPv6Network("64:ff9b::/96")

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Limit:
    """One counter: who (`value`) may do what (`group`) how often (`rate`, as in `30/5m`)."""

    group: str
    value: str
    rate: str


@dataclass(frozen=True, slots=True)
class RateUsage:
    """Where a counter stands after this request was counted."""

    limit: int
    count: int
    reset_s: int

    @property
    def allowed(self) -> bool:
        """False for the first request beyond the limit and all after it."""
        return self.count <= self.limit

    @property
    def remaining(self) -> int:
        """How many more requests this window lets through."""
        return max(0, self.limit - self.count)

    @property
    def headers(self) -> dict[str, str]:
        """The `X-RateLimit-*` headers, and `Retry-After` once the limit is passed."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }
        if not self.allowed:
            headers["Retry-After"] = str(self.reset_s)
        return headers


def client_address(request: HttpRequest) -> str:
    """The client's address: the peer's, or the hop that the outermost trusted proxy saw."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    proxies = settings.TRUSTED_PROXY_COUNT
    if not proxies:
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    # Fewer hops than proxies: the request didn't come through them, so the header proves nothing.
    if len(hops) < proxies:
        return peer
    try:
        return str(ip_address(hops[-proxies]))
    except ValueError:
        return peer


def address_network(request: HttpRequest) -> str:
    """The address to count by: an IPv6 client owns its whole /64."""
    address = client_address(request)
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    # Translated by the provider of a client that has IPv4 only: all of them in one network.
    if parsed in TRANSLATED:
        return str(IPv4Address(int(parsed) & 0xFFFF_FFFF))
    # All neighbours share the link-local network; the zone after the % is only our own interface.
    if parsed.is_link_local:
        return str(IPv6Address(int(parsed)))
    return parsed.exploded[:19]


def consume(request: HttpRequest, limits: Iterable[Limit]) -> RateUsage | None:
    """Count this request on every limit and return the tightest; None when nothing could count."""
    try:
        usages = [usage for limit in limits if (usage := _count(request, limit))]
    except (RedisError, OSError) as error:
        logger.warning("rate limits are not counted: %s", error)
        return None
    return min(
        usages, key=lambda usage: (usage.allowed, usage.remaining, -usage.reset_s), default=None
    )


def _count(request: HttpRequest, limit: Limit) -> RateUsage | None:
    usage = get_usage(
        request,
        group=limit.group,
        key=lambda _group, _request: limit.value,
        rate=limit.rate,
        increment=True,
    )
    # A negative time means that the counter vanished between its creation and its increment.
    if usage is None or usage["time_left"] < 0:
        return None
    # The window ends with its last second, so one more is what has to be waited.
    return RateUsage(usage["limit"], usage["count"], usage["time_left"] + 1)


def waiting_time(seconds: int) -> str:
    """Seconds in words, rounded up: `40 seconds`, `3 minutes`."""
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes" if minutes < 90 else f"{-(-minutes // 60)} hours"


def too_many(request: HttpRequest, usage: RateUsage) -> HttpResponse:
    """The 429 page, which says how long to wait."""
    context = {"wait": waiting_time(usage.reset_s)}
    response = render(request, "429.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    _add_headers(response, usage)
    return response


def _add_headers(response: HttpResponseBase, usage: RateUsage) -> None:
    for name, value in usage.headers.items():
        response.headers[name] = value


def limit_posts(limits: Callable[[HttpRequest], Iterable[Limit]]) -> Callable[[View], View]:
    """Decorate a page's view: a POST beyond its limits gets the 429 page.

    The view finds what was counted as `request.rate_usage`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            usage = consume(request, limits(request)) if request.method == "POST" else None
            if usage and not usage.allowed:
                return too_many(request, usage)
            request.rate_usage = usage  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            if usage:
                _add_headers(response, usage)
            return response

        return limited

    return decorate
