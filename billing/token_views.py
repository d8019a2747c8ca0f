"""The page of API tokens: to make them, with a budget, and to give them new keys."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.caller import caller_of
from accounts.forms import RotationForm
from accounts.limits import account_limits
from accounts.models import ApiToken, Scope, User
from accounts.presence import must_confirm
from accounts.services import rotate_token
from billing.models import Budget
from billing.selectors.budgets import BudgetState, states
from billing.services import create_budgeted_token
from billing.token_forms import BudgetedTokenForm
from web.errors import Problem
from web.limited import limit_posts
from web.ratelimit import Limit


def _token_limits(request: HttpRequest) -> list[Limit]:
    return account_limits(caller_of(request), "token")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_posts(_token_limits)
def tokens(request: HttpRequest) -> HttpResponse:
    """The reader's tokens; a POST creates one and shows its key, once, in the answer itself."""
    user = caller_of(request).user
    form = BudgetedTokenForm(user, request.POST or None)
    if form.is_valid():
        if Scope.ADMIN in form.token()["scopes"] and must_confirm(request):
            raise ReauthenticationRequired
        try:
            created, key = create_budgeted_token(user=user, budget=form.budget(), **form.token())
        except Problem as refused:
            form.add_error(None, refused.message)
        else:
            return _page(request, BudgetedTokenForm(user), created=created, key=key)
    return _page(request, form, status=422 if form.errors else 200)


@login_required
@never_cache
@limit_posts(_token_limits)
def rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give one of the reader's tokens another key, and show it, once, in the answer itself."""
    if request.method != "POST":
        return redirect("billing:tokens")
    user = caller_of(request).user
    token = get_object_or_404(user.api_tokens.unrevoked(), pk=pk)
    form = RotationForm(request.POST)
    new = BudgetedTokenForm(user)
    if not form.is_valid():
        return _page(request, new, status=422)
    try:
        key = rotate_token(token=token, overlap=timedelta(hours=form.cleaned_data["overlap"]))
    except Problem as refused:
        return _page(request, new, status=refused.status, refused=refused.message)
    return _page(request, new, created=token, key=key)


def _page(
    request: HttpRequest, form: BudgetedTokenForm, *, status: int = 200, **shown: Any
) -> HttpResponse:
    user = caller_of(request).user
    context = {
        "tokens": _rows(user),
        "form": form,
        "rotation": RotationForm(),
        "site": request.build_absolute_uri("/").rstrip("/"),
        **shown,
    }
    return render(request, "accounts/tokens.html", context, status=status)


def _rows(user: User) -> list[ApiToken]:
    """The reader's tokens, each with its `shown_budgets`."""
    found = list(user.api_tokens.unrevoked())
    budgets: dict[UUID | None, list[BudgetState]] = {}
    for state in states(Budget.objects.filter(api_token__in=found)):
        budgets.setdefault(state.budget.api_token_id, []).append(state)
    for token in found:
        token.shown_budgets = budgets.get(token.pk, [])  # type: ignore[attr-defined]
    return found
