"""How django-allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up can be closed by a setting, and pages speak for themselves."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Email or password is wrong.",
        "email_unusable": (
            "You can't sign up with this email. If it is yours, sign in or reset its password."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """True while SIGNUP_OPEN is set."""
        return bool(settings.SIGNUP_OPEN)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep the name that was typed at sign-up. All that a new user gets is there, or nobody."""
        user.name = form.cleaned_data.get("name", "")
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
        return saved

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: that someone is signed in or out is plain to see."""
