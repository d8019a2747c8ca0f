"""Staff set up a second factor before they do anything else, where that is required."""

from collections.abc import Awaitable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import sync_and_async_middleware

from accounts.caller import known_caller
from accounts.models import User
from accounts.problems import MFA_REQUIRED, STAFF_WITHOUT_MFA
from web.middleware import Handler
from web.problems import problem

OPEN = ("/accounts/", "/account/", "/static/")
PROGRAMS = ("/api/", "/v1/", "/agent/", "/metrics")


@sync_and_async_middleware
def staff_need_mfa(get_response: Handler) -> Handler:
    """Middleware: stands behind the one that knows the session's user.

    Requests with a token have no session; `check_scopes` looks at their users.
    """
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            if _is_of_interest(request) and _lacks(await request.auser()):
                return _refusal(request)
            answer: HttpResponseBase = await get_response(request)
            return answer

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        caller = known_caller(request) if _is_of_interest(request) else None
        if caller and caller.user.lacks_mfa:
            return _refusal(request)
        return get_response(request)

    return answer


def _is_of_interest(request: HttpRequest) -> bool:
    return (
        bool(settings.STAFF_MFA_REQUIRED)
        and settings.SESSION_COOKIE_NAME in request.COOKIES
        and not request.path.startswith(OPEN)
    )


def _lacks(user: Any) -> bool:
    return isinstance(user, User) and user.lacks_mfa


def _refusal(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith(PROGRAMS):
        return problem(403, STAFF_WITHOUT_MFA, code=MFA_REQUIRED)
    return redirect("mfa_index")
