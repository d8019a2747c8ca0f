"""How django-allauth behaves here."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts.caller import caller_of
from accounts.models import User
from web.public import public_name, public_url

FRESH_S = 300
# In the session of who gave the password, and not yet the code: which password that was.
GIVEN = "account_password_given"


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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Links lead to the site's own address, whatever name and port the request came with."""
        called = self.request.build_absolute_uri("/").rstrip("/")
        links = {
            name: public_url(self.request) + value.removeprefix(called)
            for name, value in context.items()
            if isinstance(value, str) and value.startswith(called)
        }
        named = {**context, **links, "host": public_name(self.request)}
        super().send_mail(template_prefix, email, named)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> Any:
        """Note the password that was given, for who is asked for a code next."""
        request.session[GIVEN] = user.get_session_auth_hash()
        return super().pre_login(request, user, **kwargs)

    def is_reauthentication_required(self, **kwargs: Any) -> bool:
        """Not within five minutes of signing in, when all factors were asked for."""
        records = get_authentication_records(self.request, caller_of(self.request).user)
        return all(time.time() - one["at"] >= FRESH_S for one in records)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """A code for who has a second factor: the password alone would be a way around it."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if getattr(user, "mfa_since", None) is None:
            return methods
        return [method for method in methods if method["id"] != "reauthenticate"]

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: that someone is signed in or out is plain to see."""


def may_go_on(request: HttpRequest, user: User) -> bool:
    """False for who gave a password that was replaced since, or was switched off meanwhile."""
    return user.is_active and request.session.get(GIVEN) == user.get_session_auth_hash()
