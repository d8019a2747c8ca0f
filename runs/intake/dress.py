"""The headers that all answers have, as the site's middleware gives them."""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from web.isolation import isolated
from web.privacy import NEVER
from web.request_ids import HEADER, current_id

ALLOW = "GET, POST, HEAD, OPTIONS"

Header = tuple[bytes, bytes]


def dressed(request: ASGIRequest, response: HttpResponse) -> list[Header]:
    """The headers of an answer of the API, with those that it would have from Django."""
    own = {
        **response.headers,
        "Content-Length": str(len(response.content)),
        HEADER: current_id(),
    }
    return [*_of_all(request.is_secure()), *_encoded(own)]


@cache
def _of_all(secure: bool) -> list[Header]:
    """Those that are the same for each answer, as the middleware that says them does."""
    scheme = "https" if secure else "http"
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "scheme": scheme}
    request = ASGIRequest(scope, BytesIO())
    if secure and (proxied := settings.SECURE_PROXY_SSL_HEADER):
        request.META[proxied[0]] = proxied[1]
    response = HttpResponse()
    for middleware in (XFrameOptionsMiddleware, CSPMiddleware, SecurityMiddleware, isolated):
        handler: Any = middleware(lambda _: response)
        handler(request)
    del response["Content-Type"]
    return _encoded({"Allow": ALLOW, "Cache-Control": NEVER, **response.headers})


def _encoded(headers: Mapping[str, str]) -> list[Header]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
