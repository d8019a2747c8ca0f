"""How often a user has a test sent."""

from django.http import HttpRequest

from accounts.caller import Caller, caller_of
from accounts.throttling import ChangeThrottle
from web.ratelimit import Limit

TESTS = "5/10m"


def test_limits(caller: Caller) -> list[Limit]:
    """By user."""
    return [Limit("alert-test:user", str(caller.user.pk), TESTS)]


def page_limits(request: HttpRequest) -> list[Limit]:
    """The same of a page's request."""
    return test_limits(caller_of(request))


class TestThrottle(ChangeThrottle):
    """Counts tests, as the page does."""

    def limits(self, caller: Caller, address: str) -> list[Limit]:
        """Those of the user."""
        return test_limits(caller)
