"""Which limits count a sign-in and a submit; `web.ratelimit` counts them."""

from django.conf import settings
from django.http import HttpRequest

from accounts.addresses import as_compared
from web.ratelimit import Limit, RateUsage, address_network

FEW_TRIES = 5


def sign_in_limits(request: HttpRequest, group: str, email: str) -> tuple[Limit, ...]:
    """For forms that anyone may post: by network, and by network and e-mail together.

    Never by the e-mail alone: others could then lock its owner out.
    """
    network = address_network(request)
    rates = settings.RATE_LIMITS
    limits = (Limit(f"{group}:address", network, rates["login"]),)
    if not email:
        return limits
    return (*limits, Limit(f"{group}:pair", f"{network} {as_compared(email)}", rates["account"]))


def submit_limits(request: HttpRequest, user_id: int) -> tuple[Limit, ...]:
    """For submits: by user, and by address over all its users."""
    return (
        Limit("submit:user", str(user_id), settings.RATE_LIMITS["submit"]),
        Limit("submit:address", address_network(request), settings.RATE_LIMITS["address"]),
    )


def tries_left(usage: RateUsage | None) -> str:
    """How many tries are left, once they become few."""
    if usage is None or usage.remaining > FEW_TRIES:
        return ""
    return "1 try left." if usage.remaining == 1 else f"{usage.remaining} tries left."
