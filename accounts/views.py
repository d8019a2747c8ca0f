"""Pages of the signed-in user: account and API tokens; and the rate-limited sign-in pages."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.caller import caller_of
from accounts.forms import PasswordForm, ProfileForm, TokenForm
from accounts.limits import sign_in_limits
from accounts.services import create_token, expiry_in, revoke_token
from web.ratelimit import Limit, RateUsage, limit_posts

FEW_TRIES = 5


def _login_limits(request: HttpRequest) -> tuple[Limit, ...]:
    return sign_in_limits(request, "login", request.POST.get("login", ""))


def _signup_limits(request: HttpRequest) -> tuple[Limit, ...]:
    return sign_in_limits(request, "signup", "")


def _reset_limits(request: HttpRequest) -> tuple[Limit, ...]:
    return sign_in_limits(request, "reset", request.POST.get("email", ""))


def _password_limits(request: HttpRequest) -> tuple[Limit, ...]:
    return (Limit("password:user", str(caller_of(request).user.pk), settings.RATE_LIMITS["login"]),)


def _tries_left(usage: RateUsage | None) -> str:
    if usage is None or usage.remaining > FEW_TRIES:
        return ""
    return "1 try left." if usage.remaining == 1 else f"{usage.remaining} tries left."


@method_decorator(limit_posts(_login_limits), name="dispatch")
class SignInView(allauth_views.LoginView):  # type: ignore[misc]
    """Sign-in by e-mail; says how many tries are left when they become few."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the tries left, and whether this is a demo on the reader's own machine."""
        return {
            **super().get_context_data(**kwargs),
            "first_try": self.request.method != "POST",
            "tries_left": _tries_left(self.request.rate_usage),
            "signup_open": settings.SIGNUP_OPEN,
            "reset_open": settings.PASSWORD_RESET_OPEN,
            "demo": settings.DEMO and settings.SIMULATED,
        }


@method_decorator(limit_posts(_signup_limits), name="dispatch")
class SignUpView(allauth_views.SignupView):  # type: ignore[misc]
    """Sign-up, where it is open."""


@method_decorator(limit_posts(_reset_limits), name="dispatch")
class PasswordResetView(allauth_views.PasswordResetView):  # type: ignore[misc]
    """Asks for the link that sets a new password, where the site can send one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Say who resets passwords, where no e-mail is sent."""
        if not settings.PASSWORD_RESET_OPEN:
            return render(request, "account/password_reset_closed.html")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer


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
        update_session_auth_hash(request, form.save())
        messages.success(request, "Password changed. Your other devices are signed out.")
        return redirect("accounts:profile")
    return _account_page(request, ProfileForm(instance=user), form)


def _account_page(
    request: HttpRequest, form: ProfileForm, password_form: PasswordForm
) -> HttpResponse:
    context = {"form": form, "password_form": password_form}
    status = _status(form, password_form)
    return render(request, "accounts/profile.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The reader's tokens; a POST creates one and shows its key, once, in the answer itself."""
    user = caller_of(request).user
    form = TokenForm(request.POST or None)
    created = key = None
    if form.is_valid():
        created, key = create_token(
            user=user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=expiry_in(form.cleaned_data["expires"]),
        )
    context = {
        "tokens": user.api_tokens.unrevoked(),
        "form": TokenForm() if created else form,
        "created": created,
        "key": key,
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "accounts/tokens.html", context, status=_status(form))


@login_required
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Revoke one of the reader's tokens."""
    if request.method != "POST":
        return redirect("accounts:tokens")
    token = get_object_or_404(caller_of(request).user.api_tokens.unrevoked(), pk=pk)
    revoke_token(token=token)
    messages.success(request, f"“{token.name}” is revoked. Its key no longer works.")
    return redirect("accounts:tokens")
