"""A connection that fails as it is told to."""

from collections.abc import Callable

import httpx2

Fault = Callable[[httpx2.Request, httpx2.BaseTransport], httpx2.Response]


class Line(httpx2.BaseTransport):
    """Passes requests on; each fault that is set meets one request, in their order."""

    def __init__(self, to: httpx2.BaseTransport) -> None:
        self.to = to
        self.faults: list[Fault] = []
        self.sent: list[httpx2.Request] = []
        self.waited: list[float] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass it on, or fail."""
        self.sent.append(request)
        return (
            self.faults.pop(0)(request, self.to) if self.faults else self.to.handle_request(request)
        )


def refused(request: httpx2.Request, to: httpx2.BaseTransport) -> httpx2.Response:
    """Nobody is there."""
    raise httpx2.ConnectError("Connection refused", request=request)


def cut(request: httpx2.Request, to: httpx2.BaseTransport) -> httpx2.Response:
    """The site does it, and the answer is lost."""
    to.handle_request(request).read()
    raise httpx2.ReadError("Connection reset", request=request)


def problem(status: int, code: str, **headers: str) -> Fault:
    """An answer of the site."""

    def fault(request: httpx2.Request, to: httpx2.BaseTransport) -> httpx2.Response:
        body = {"title": "No", "status": status, "detail": f"{code}!", "code": code, "errors": {}}
        media_type = {"Content-Type": "application/problem+json"}
        return httpx2.Response(status, json=body, headers=media_type | headers, request=request)

    return fault


def page(status: int) -> Fault:
    """An answer of something else, such as a proxy."""
    return lambda request, to: httpx2.Response(status, html="<h1>Bad gateway</h1>", request=request)
