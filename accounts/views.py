"""The page of one's account, and the end of a token; tokens themselves have budgets too."""

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.caller import caller_of
from accounts.forms import PasswordForm, ProfileForm
from accounts.limits import account_limits, tries_left
from accounts.mails import send_link, tell_of_change
from accounts.services import change_password as change_password_of
from accounts.services import revoke_token
from accounts.sessions.services import end_sessions
from accounts.sign_in_models import SignIn
from web.limited import limit_posts
from web.ratelimit import Limit


def _password_limits(request: HttpRequest) -> list[Limit]:
    return account_limits(caller_of(request), "password")


def _link_limits(request: HttpRequest) -> list[Limit]:
    return account_limits(caller_of(request), "link")


def _status(*forms: BaseForm) -> int:
    failed = any(form.is_bound and not form.is_valid() for form in forms)
    return HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """The account page; a POST saves the name."""
    user = caller_of(request).user
    form = ProfileForm(request.POST or None, instance=user)
    if form.is_valid():
        form.save()
        messages.success(request, "Profile saved.")
        return redirect("accounts:profile")
    return _account_page(request, form, PasswordForm(user))


@login_required
@sensitive_post_parameters()
@limit_posts(_password_limits)
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Set a new password; other sessions of this user end, this one goes on."""
    if request.method != "POST":
        return redirect("accounts:profile")
    user = caller_of(request).user
    form = PasswordForm(user, request.POST)
    if form.is_valid():
        change_password_of(user=user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, user)
        mine = SignIn.objects.filter(user=user)
        end_sessions(sign_ins=mine.exclude(session_key=request.session.session_key or ""))
        tell_of_change(request, user.email, "password_changed")
        messages.success(request, "Password changed. Your other devices are signed out.")
        return redirect("accounts:profile")
    return _account_page(request, ProfileForm(instance=user), form)


def _account_page(
    request: HttpRequest, form: ProfileForm, password_form: PasswordForm
) -> HttpResponse:
    context = {
        "form": form,
        "password_form": password_form,
        "link_open": settings.SENDS_MAIL,
        "tries_left": tries_left(getattr(request, "counted", None)),
    }
    status = _status(form, password_form)
    return render(request, "accounts/profile.html", context, status=status)


@login_required
@require_POST
@limit_posts(_link_limits)
def send_verification(request: HttpRequest) -> HttpResponse:
    """Send the link that verifies the reader's address, where the site can."""
    user = caller_of(request).user
    if user.verified_at is None and settings.SENDS_MAIL:
        send_link(request, user)
        messages.success(request, f"The link is on its way to {user.email}.")
    return redirect("accounts:profile")


@login_required
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Revoke one of the reader's tokens."""
    if request.method != "POST":
        return redirect("billing:tokens")
    token = get_object_or_404(caller_of(request).user.api_tokens.unrevoked(), pk=pk)
    revoke_token(token=token)
    messages.success(request, f"“{token.name}” is revoked. Its key no longer works.")
    return redirect("billing:tokens")
