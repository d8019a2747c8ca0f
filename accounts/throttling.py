"""How API views count submits, and the making of tokens."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.arrival import arrival_of
from accounts.caller import Caller, caller_of, known_caller
from accounts.limits import account_limits, submit_limits
from web.clients import client_address
from web.rate_headers import rate_headers
from web.ratelimit import Counted, Limit, consume

if TYPE_CHECKING:  # DRF loads this module before its views are complete
    from rest_framework.views import APIView


class ChangeThrottle(BaseThrottle, ABC):
    """Counts what changes something. Reading is not counted."""

    counted: Counted | None = None

    @abstractmethod
    def limits(self, caller: Caller, address: str) -> list[Limit]:
        """What counts a request."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; the view's answers then say where its limits stand."""
        caller = known_caller(request)
        if request.method in SAFE_METHODS or caller is None:
            return True
        self.counted = self.count(request, caller)
        if self.counted:
            view.headers.update(rate_headers(self.counted))
        return self.counted is None or self.counted.allowed

    def count(self, request: Request, caller: Caller) -> Counted | None:
        """Count it; None where nothing could."""
        return consume(self.limits(caller, client_address(request._request)))

    def wait(self) -> float | None:
        """Seconds until the window ends."""
        return self.counted.tightest.reset_s if self.counted else None


class SubmitThrottle(ChangeThrottle):
    """Counts submits, by user, token and address."""

    def limits(self, caller: Caller, address: str) -> list[Limit]:
        """Those of submits."""
        return submit_limits(caller, address)

    def count(self, request: Request, caller: Caller) -> Counted | None:
        """Count it, unless it was counted as it came."""
        arrival = arrival_of(request._request)
        return arrival.counted if arrival else super().count(request, caller)


class UserThrottle(ChangeThrottle):
    """Counts by user what a subclass names; its pages count the same by `of_page`."""

    group: ClassVar[str]
    rate: ClassVar[str]

    def limits(self, caller: Caller, address: str) -> list[Limit]:
        """The one of the user."""
        return [Limit(self.group, str(caller.user.pk), self.rate)]

    @classmethod
    def of_page(cls, request: HttpRequest) -> list[Limit]:
        """The same for a page's request."""
        return cls().limits(caller_of(request), "")


class TokenThrottle(ChangeThrottle):
    """Counts the making of tokens and keys, by user, as the page does."""

    def limits(self, caller: Caller, address: str) -> list[Limit]:
        """The one that the page counts on."""
        return account_limits(caller, "token")
