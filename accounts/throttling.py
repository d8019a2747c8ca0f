"""How API views count submits."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.caller import known_caller
from accounts.limits import submit_limits
from web.ratelimit import RateUsage, consume

if TYPE_CHECKING:  # DRF loads this module before its views are complete
    from rest_framework.views import APIView


class SubmitThrottle(BaseThrottle):
    """Counts what changes something, by user and by address. Reading is not counted."""

    usage: RateUsage | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; the view's answers then carry the `X-RateLimit-*` headers."""
        caller = known_caller(request)
        if request.method in SAFE_METHODS or caller is None:
            return True
        self.usage = consume(request._request, submit_limits(request._request, caller.user.pk))
        if self.usage:
            view.headers.update(self.usage.headers)
        return self.usage is None or self.usage.allowed

    def wait(self) -> float | None:
        """Seconds until the window ends."""
        return self.usage.reset_s if self.usage else None
