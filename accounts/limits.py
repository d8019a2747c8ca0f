"""Which limits count a sign-in and a submit; `web.ratelimit` counts them."""

from django.conf import settings
from django.http import HttpRequest

from accounts.addresses import as_compared
from accounts.caller import Caller
from accounts.models import SubmitLimits
from web.clients import client_address, networks_of
from web.ratelimit import Counted, Limit

FEW_TRIES = 5
# So many times as often as from one IPv6 network may be asked from the /48 around it.
WIDER = 10


def sign_in_limits(request: HttpRequest, group: str, email: str) -> list[Limit]:
    """For forms that anyone may post: by network, and by network and e-mail together.

    Never by the e-mail alone: others could then lock its owner out.
    """
    address = client_address(request)
    limits = _address_limits(group, address, rates_of("login"))
    if not email:
        return limits
    value = f"{networks_of(address)[0]} {as_compared(email)}"
    return limits + _limits(f"{group}:pair", value, rates_of("account"))


def code_limits(request: HttpRequest, user_id: int | None) -> list[Limit]:
    """For the code after the password: by network, and by user wherever the tries come from.

    Whoever knows the password alone can keep its owner out for some minutes, and guess nothing.
    """
    limits = _address_limits("code", client_address(request), rates_of("login"))
    return limits + _limits("code:user", str(user_id or 0), rates_of("account"))


def account_limits(caller: Caller, group: str) -> list[Limit]:
    """For forms of the account: by user."""
    return _limits(f"{group}:user", str(caller.user.pk), rates_of("account"))


def submit_limits(caller: Caller, address: str) -> list[Limit]:
    """For submits: by user, by token where it has limits of its own, and by address over all."""
    limits = _limits("submit:user", str(caller.user.pk), user_rates(caller.user))
    if caller.token:
        limits += _limits("submit:token", str(caller.token.pk), own_rates(caller.token))
    return limits + _address_limits("submit", address, rates_of("address"))


def shared_limits(request: HttpRequest) -> list[Limit]:
    """For pages of shared runs: by network."""
    return _address_limits("shared", client_address(request), rates_of("shared"))


def rates_of(name: str) -> list[str]:
    """The rates that the settings have for this."""
    return str(settings.RATE_LIMITS[name]).split(",")


def user_rates(user: SubmitLimits) -> list[str]:
    """How often a user may submit: what staff gave, in place of what all have."""
    own = own_rates(user)
    given = {_window(rate) for rate in own}
    return own + [rate for rate in rates_of("submit") if _window(rate) not in given]


def own_rates(holder: SubmitLimits) -> list[str]:
    """The rates that a user or a token has for itself."""
    given = (("m", holder.submits_per_minute), ("h", holder.submits_per_hour))
    return [f"{count}/{period}" for period, count in given if count is not None]


def tries_left(counted: Counted | None) -> str:
    """How many tries are left, once they become few."""
    if counted is None or counted.tightest.remaining > FEW_TRIES:
        return ""
    left = counted.tightest.remaining
    return "1 try left." if left == 1 else f"{left} tries left."


def _address_limits(group: str, address: str, rates: list[str]) -> list[Limit]:
    own, *around = networks_of(address)
    limits = _limits(f"{group}:address", own, rates)
    wider = [f"{limit.quota * WIDER}/{limit.window_s}s" for limit in limits]
    return limits + [
        one for network in around for one in _limits(f"{group}:network", network, wider)
    ]


def _limits(group: str, value: str, rates: list[str]) -> list[Limit]:
    return [Limit(group, value, rate) for rate in rates]


def _window(rate: str) -> int:
    return Limit("", "", rate).window_s
