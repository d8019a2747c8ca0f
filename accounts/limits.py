"""Which limits count a sign-in and a submit; `web.ratelimit` counts them."""

from django.conf import settings
from django.http import HttpRequest

from web.ratelimit import Limit, address_network


def sign_in_limits(request: HttpRequest, group: str, email: str) -> tuple[Limit, ...]:
    """For forms that anyone may post: by address, and by the e-mail that was typed."""
    rate = settings.RATE_LIMITS["login"]
    limits = (Limit(f"{group}:address", address_network(request), rate),)
    email = email.strip().lower()
    return (*limits, Limit(f"{group}:email", email, rate)) if email else limits


def submit_limits(request: HttpRequest, user_id: int) -> tuple[Limit, ...]:
    """For submits: by user, and by address over all its users."""
    return (
        Limit("submit:user", str(user_id), settings.RATE_LIMITS["submit"]),
        Limit("submit:address", address_network(request), settings.RATE_LIMITS["address"]),
    )
