"""Whether the person at a browser showed lately that it is them."""

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.http import HttpRequest

APP = "accounts"


def must_confirm(request: HttpRequest) -> bool:
    """True where the last password or code is older than five minutes."""
    return bool(is_reauthentication_required(request, app=APP))
