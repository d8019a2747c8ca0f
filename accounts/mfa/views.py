"""The pages of second factors: django-allauth's, with our limits."""

import logging
from http import HTTPStatus
from typing import Any

from allauth.account import views as account_views
from allauth.account.internal.stagekit import clear_login, unstash_login
from allauth.mfa.base import views as base_views
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as totp_views
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.adapter import may_go_on
from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.caller import caller_of
from accounts.limits import account_limits, code_limits, tries_left
from accounts.mfa.codes import take_code
from web.limited import limit_posts
from web.ratelimit import Limit
from web.sealing import Unreadable

logger = logging.getLogger(__name__)


def _code_limits(request: HttpRequest) -> list[Limit]:
    """By the account whose password was right, wherever the tries come from."""
    login = unstash_login(request, peek=True)
    user = login.user if login else None
    return code_limits(request, user.pk if user else None)


def _own_limits(request: HttpRequest) -> list[Limit]:
    return account_limits(caller_of(request), "reauthenticate")


class _Sealed:
    """A page that reads a factor's secret, and says what to do where its key is gone."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page; 503 where the secret can't be read."""
        try:
            answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if isinstance(answer, SimpleTemplateResponse):
                answer.render()  # templates read secrets, too
            return answer
        except Unreadable:
            logger.error("second factors can't be read: is a key missing in SECRET_KEY_FALLBACKS?")
            return render(request, "mfa/unreadable.html", status=HTTPStatus.SERVICE_UNAVAILABLE)


class _Counted(_Sealed):
    """A page that says how many tries are left."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add them."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "tries_left": tries_left(getattr(self.request, "counted", None))}


@method_decorator(sensitive_post_parameters(), name="dispatch")
@method_decorator(limit_posts(_code_limits), name="dispatch")
class CodeView(_Counted, base_views.AuthenticateView):  # type: ignore[misc]
    """Asks for the code after the password was right."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """From the beginning, where the password was replaced meanwhile."""
        login = unstash_login(request, peek=True)
        if login and not (login.user and may_go_on(request, login.user)):
            clear_login(request)
            return redirect("account_login")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer


@method_decorator(sensitive_post_parameters(), name="dispatch")
@method_decorator(login_required, name="dispatch")
@method_decorator(limit_posts(_own_limits), name="dispatch")
class PasswordAgainView(_Counted, account_views.ReauthenticateView):  # type: ignore[misc]
    """Asks someone without a second factor for the password, before something that matters."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on with what was asked for."""
        user = caller_of(self.request).user
        record(Action.REAUTHENTICATED, user_id=user.pk, after={"factor": "password"})
        answer: HttpResponse = super().form_valid(form)
        return answer


@method_decorator(login_required, name="dispatch")
@method_decorator(limit_posts(_own_limits), name="dispatch")
class CodeAgainView(_Counted, base_views.ReauthenticateView):  # type: ignore[misc]
    """Asks someone with a second factor for a code, before something that matters."""


@method_decorator(never_cache, name="dispatch")
class FactorsView(_Sealed, base_views.IndexView):  # type: ignore[misc]
    """Which second factors there are."""


@method_decorator(never_cache, name="dispatch")
@method_decorator(login_required, name="dispatch")
@method_decorator(limit_posts(_own_limits), name="dispatch")
class AddAppView(_Counted, totp_views.ActivateTOTPView):  # type: ignore[misc]
    """Adds an authenticator app, for someone whose address is verified.

    Whoever signed up with another's address could otherwise keep its owner out.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send others to the account page, which verifies."""
        if caller_of(request).user.verified_at is None:
            messages.error(request, "Verify your email address first: this page sends the link.")
            return redirect("accounts:profile")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        """Add it; the code that showed that it works is used up by that."""
        answer: HttpResponse = super().form_valid(form)
        take_code(user=caller_of(self.request).user, code=form.cleaned_data["code"])
        return answer


@method_decorator(never_cache, name="dispatch")
class RemoveAppView(totp_views.DeactivateTOTPView):  # type: ignore[misc]
    """Takes the authenticator app away, and the recovery codes with it."""


@method_decorator(never_cache, name="dispatch")
class RecoveryCodesView(_Sealed, recovery_views.ViewRecoveryCodesView):  # type: ignore[misc]
    """Shows new recovery codes once."""


@method_decorator(never_cache, name="dispatch")
@method_decorator(login_required, name="dispatch")
class NewRecoveryCodesView(_Sealed, recovery_views.GenerateRecoveryCodesView):  # type: ignore[misc]
    """Makes recovery codes in place of the old ones."""
