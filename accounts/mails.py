"""The mails about accounts, sent after what they tell is done."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from accounts.verification import link_key
from web.public import public_name, public_url

logger = logging.getLogger(__name__)


def send_link(request: HttpRequest, user: User) -> None:
    """Send the link that verifies the user's address."""
    path = reverse("account_verify", args=[link_key(user)])
    _send(request, user.email, "verify", link=f"{public_url(request)}{path}")


def send_change_link(request: HttpRequest, to: str, path: str) -> None:
    """Send the link that makes this the address of an account."""
    _send(request, to, "confirm_email", link=f"{public_url(request)}{path}")


def tell_of_account(request: HttpRequest, email: str) -> None:
    """Tell the owner of an address that it has an account already."""
    path = reverse("account_reset_password")
    _send(request, email, "account_exists", link=f"{public_url(request)}{path}")


def tell_of_reset(request: HttpRequest, user: User) -> None:
    """Tell that the password was reset, and what ended with the old one."""
    _send(request, user.email, "password_was_reset")


def tell_of_change(request: HttpRequest, to: str, what: str, **context: str) -> None:
    """Tell of something that whoever has the account should know: `what` names the template.

    Where no mail leaves the site, the security activity alone tells of it.
    """
    if not settings.SENDS_MAIL:
        return
    path = reverse("accounts:activity")
    _send(request, to, what, activity=f"{public_url(request)}{path}", **context)


def _send(request: HttpRequest, to: str, template: str, **context: str) -> None:
    context["host"] = public_name(request)
    subject = render_to_string(f"account/email/{template}_subject.txt").strip()
    body = render_to_string(f"account/email/{template}_message.txt", context).strip()
    try:
        send_mail(subject, body, None, [to])
    except (OSError, SMTPException):
        # Whoever waits for it can ask again; what it tells is done.
        logger.exception("mail not sent: %s", template)
