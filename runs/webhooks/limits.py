"""How often a user has messages sent on purpose: a receiver may be anybody's."""

from django.http import HttpRequest

from accounts.caller import Caller, caller_of
from accounts.throttling import ChangeThrottle
from web.ratelimit import Limit

# Tests and messages sent again, of all webhooks, those that are deleted since too.
SENDS = "60/m"


def sending_limits(caller: Caller) -> list[Limit]:
    """By user."""
    return [Limit("webhook:user", str(caller.user.pk), SENDS)]


def page_limits(request: HttpRequest) -> list[Limit]:
    """The same of a page's request."""
    return sending_limits(caller_of(request))


class SendThrottle(ChangeThrottle):
    """Counts what is sent on purpose, as the pages do."""

    def limits(self, caller: Caller, address: str) -> list[Limit]:
        """Those of the user."""
        return sending_limits(caller)
