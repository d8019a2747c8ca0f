"""The pages before the site: signing in and up, verifying an address, setting a new password."""

from typing import Any

from allauth.account import views as allauth_views
from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.adapter import AccountAdapter
from accounts.caller import known_caller
from accounts.forms import SignupForm
from accounts.limits import sign_in_limits, tries_left
from accounts.mails import send_link, tell_of_account
from accounts.models import User
from accounts.verification import user_of_key, verify_address
from web.limited import limit_posts
from web.ratelimit import Limit


def _login_limits(request: HttpRequest) -> list[Limit]:
    return sign_in_limits(request, "login", request.POST.get("login", ""))


def _signup_limits(request: HttpRequest) -> list[Limit]:
    return sign_in_limits(request, "signup", request.POST.get("email", ""))


def _reset_limits(request: HttpRequest) -> list[Limit]:
    return sign_in_limits(request, "reset", request.POST.get("email", ""))


def _verify_limits(request: HttpRequest) -> list[Limit]:
    return sign_in_limits(request, "verify", request.path)


class _Counted:
    """A form that strangers post; it says how many tries are left when they become few."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the tries left, and what else there is to do on these pages."""
        return {
            **super().get_context_data(**kwargs),  # type: ignore[misc]
            "tries_left": tries_left(self.request.counted),  # type: ignore[attr-defined]
            "signup_open": settings.SIGNUP_OPEN,
            "reset_open": settings.SENDS_MAIL,
        }


@method_decorator(limit_posts(_login_limits), name="dispatch")
class SignInView(_Counted, allauth_views.LoginView):  # type: ignore[misc]
    """Sign-in by e-mail."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether this is a demo on the reader's own machine."""
        demo = settings.DEMO and settings.SIMULATED
        return {
            **super().get_context_data(**kwargs),
            "demo": demo,
            "first_try": self.request.method != "POST",
            "by_mail": settings.VERIFIED_SIGN_IN,
        }


@method_decorator(limit_posts(_signup_limits), name="dispatch")
class SignUpView(_Counted, allauth_views.SignupView):  # type: ignore[misc]
    """Sign-up, where it is open.

    Where mail is sent, whoever signs up learns from it alone whether the address had an account.
    """

    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Sign up and in; where mail is sent, by the link in it."""
        try:
            if settings.VERIFIED_SIGN_IN:
                return self._by_mail(form)
            answer: HttpResponse = super().form_valid(form)
            return answer
        except IntegrityError:  # someone else with the same address was faster
            form.add_error("email", AccountAdapter.error_messages["email_unusable"])
            refused: HttpResponse = self.form_invalid(form)
            return refused

    def _by_mail(self, form: SignupForm) -> HttpResponse:
        if form.account_already_exists:
            # Takes as long as storing a new password does.
            User().set_password(form.cleaned_data["password1"])
            tell_of_account(self.request, form.cleaned_data["email"])
        else:
            send_link(self.request, form.save(self.request))
        return redirect("account_signup_done")


def sign_up_done(request: HttpRequest) -> HttpResponse:
    """Where to go from here: to one's mail."""
    return render(request, "account/signup_done.html")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_posts(_verify_limits)
def verify(request: HttpRequest, key: str) -> HttpResponse:
    """The link of the mail: verifies the address for who is signed in there or has the password.

    The link alone is not enough: someone else may have signed up with the reader's address.
    """
    user = user_of_key(key)
    if user is None:
        return render(request, "account/verify.html", {"stale": True}, status=404)
    caller = known_caller(request)
    known = caller is not None and caller.user == user
    context = {"email": user.email, "known": known, "action": reverse("account_verify", args=[key])}
    if request.method != "POST":
        return render(request, "account/verify.html", context)
    if not known and not user.check_password(request.POST.get("password", "")):
        context |= {"errors": ["This is not the password that was chosen at sign-up."]}
        context["tries_left"] = tries_left(request.counted)  # type: ignore[attr-defined]
        return render(request, "account/verify.html", context, status=422)
    verify_address(user=user)
    return render(request, "account/verify.html", context | {"done": True})


@method_decorator(limit_posts(_reset_limits), name="dispatch")
class PasswordResetView(_Counted, allauth_views.PasswordResetView):  # type: ignore[misc]
    """Asks for the link that sets a new password, where the site can send one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Say who resets passwords, where no e-mail is sent."""
        if not settings.SENDS_MAIL:
            return render(request, "account/password_reset_closed.html")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer
