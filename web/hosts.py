"""Only the site's own names are answered: another one may be a page that rebinds its address."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host

from web.middleware import refusing

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


def is_known(host: str) -> bool:
    """True for a Host header that names this site."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def is_page_of(origin: str, host: str) -> bool:
    """True of an Origin header that names this Host: the request is made by a page of it."""
    return bool(host) and origin.partition("://")[2] == host


def sockets_of_known_hosts(application: Application) -> Application:
    """Refuse the handshake of a WebSocket under any other name."""

    async def guarded(scope: Scope, receive: Any, send: Any) -> None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and is_known(hosts[0]):
            await application(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    return guarded


def refusal(request: HttpRequest) -> HttpResponse | None:
    """The answer under any other name; None under one of ours."""
    if is_known(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")):
        return None
    return HttpResponse("Bad Request: unknown Host\n", status=400, content_type="text/plain")


# A bare 400 under any other name, whatever the address.
for_known_hosts = refusing(refusal)
