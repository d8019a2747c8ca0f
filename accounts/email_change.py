"""Another e-mail address for one's account: asked for here, and confirmed by a link sent to it."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.caller import caller_of
from accounts.fields import AddressInput
from accounts.limits import account_limits
from accounts.mails import send_change_link, tell_of_account, tell_of_change
from accounts.models import User
from accounts.services import change_email
from accounts.verification import change_key, change_of_key
from web.errors import Problem
from web.limited import limit_posts
from web.ratelimit import Limit


class EmailForm(forms.Form):
    """The new address."""

    email = AddressInput()


def _limits(request: HttpRequest) -> list[Limit]:
    return account_limits(caller_of(request), "email")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="accounts")  # type: ignore[untyped-decorator]
@limit_posts(_limits)
def ask_for_change(request: HttpRequest) -> HttpResponse:
    """Send the link to the new address; nothing changes before it is opened.

    Whether someone else has that address already is told to its owner alone.
    """
    if not settings.SENDS_MAIL:
        return render(request, "accounts/email_change.html", {"closed": True})
    user = caller_of(request).user
    form = EmailForm(request.POST or None)
    if form.is_valid():
        new = form.cleaned_data["email"]
        if User.objects.with_address(new):
            tell_of_account(request, new)
        else:
            path = reverse("accounts:confirm-email", args=[change_key(user, new)])
            send_change_link(request, new, path)
        messages.success(request, f"A link is on its way to {new}. Open it to confirm.")
        return redirect("accounts:profile")
    status = 422 if form.errors else 200
    return render(request, "accounts/email_change.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_change(request: HttpRequest, key: str) -> HttpResponse:
    """The link: only for who is signed in to the account that asked for it."""
    user = caller_of(request).user
    new = change_of_key(key, user)
    if new is None:
        return render(request, "accounts/email_confirm.html", {"stale": True}, status=404)
    if request.method != "POST":
        return render(request, "accounts/email_confirm.html", {"new": new})
    old = user.email
    try:
        change_email(user=user, email=new)
    except Problem as refused:
        messages.error(request, refused.message)
        return redirect("accounts:profile")
    tell_of_change(request, old, "email_changed", address=new)
    messages.success(request, f"You sign in with {new} from now on.")
    return redirect("accounts:profile")
