"""How django-allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up can be closed by a setting."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """True while SIGNUP_OPEN is set."""
        return bool(settings.SIGNUP_OPEN)
