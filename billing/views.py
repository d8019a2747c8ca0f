"""The Budgets page: one's own for everyone, and for staff all of them, to set and to change."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.caller import caller_of, staff_of
from accounts.models import ApiToken
from billing import functions
from billing.errors import InvalidBudget
from billing.forms import BudgetChangeForm, LimitForm, NewBudgetForm
from billing.models import Budget
from billing.money import fraction_digits
from billing.presenters import Preview, budget_row, budget_rows, whose, zones
from billing.selectors.audit import latest_audit
from billing.selectors.budgets import (
    BudgetState,
    applying,
    budgets_of,
    listed_budgets,
    states,
    tightest_of_all_calls,
)
from billing.selectors.pace import with_pace
from billing.selectors.windows import held_now, ledger_check_of
from billing.services import (
    change_budget,
    create_budget,
    delete_budget,
    end_raise,
    raise_budget,
)
from billing.statements import run
from billing.templatetags.money import usd_budget, usd_limit
from web.snapshot import one_snapshot

PAGE_SIZE = 50
# Of the names in the form that raises a budget, beside the one that changes it.
RAISE = "raise"
GONE = "No such budget any more."
TOKENS = 100
SCOPES = (("", "All"), ("site", "Site"), ("user", "Users"), ("token", "Tokens"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def budgets(request: HttpRequest) -> HttpResponse:
    """Show the budgets; for staff, set a new one once the sentence on it has been seen."""
    if request.method != "POST":
        return _page(request, NewBudgetForm())
    staff_of(request)
    form = NewBudgetForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if form.cleaned_data["seen"] != form.signature:
        return _page(request, form, preview=_preview(form))
    created = create_budget(**form.fields_of_budget())
    messages.success(request, f"The budget of {usd_limit(created.limit_usd)} counts from now on.")
    return redirect("billing:budgets")


@login_required
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """The sentence that says what the budget in the address would do; empty while it is wrong."""
    staff_of(request)
    form = NewBudgetForm(request.GET)
    context = {"preview": _preview(form) if form.is_valid() else None}
    return render(request, "billing/_preview.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One budget: change its limit or its kind."""
    staff_of(request)
    found = get_object_or_404(Budget, pk=pk)
    form = _change_form(found, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _budget_page(request, found, form, LimitForm(prefix=RAISE))
    try:
        change_budget(budget=found, limit_usd=form.new_limit_usd, hard=form.hard)
    except Budget.DoesNotExist as gone:
        raise Http404(GONE) from gone
    _say_changed(request, _state(found))
    return redirect("billing:budgets")


@login_required
@require_POST
def raise_for_now(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Raise a budget for the rest of its present period."""
    staff_of(request)
    found = get_object_or_404(Budget, pk=pk)
    form = LimitForm(request.POST, prefix=RAISE)
    if form.is_valid():
        try:
            raise_budget(budget=found, limit_usd=form.cleaned_data["limit_usd"])
        except InvalidBudget as error:
            form.add_error(error.field, error.message)
        except Budget.DoesNotExist as gone:
            raise Http404(GONE) from gone
    if not form.is_valid():
        return _budget_page(request, found, _change_form(found), form)
    _say_changed(request, _state(found))
    return redirect("billing:budget", pk=found.pk)


@login_required
@require_POST
def end_raise_now(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give the present period the budget's own limit again."""
    staff_of(request)
    found = get_object_or_404(Budget, pk=pk)
    try:
        end_raise(budget=found)
    except Budget.DoesNotExist as gone:
        raise Http404(GONE) from gone
    _say_changed(request, _state(found))
    return redirect("billing:budget", pk=found.pk)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a budget away."""
    staff_of(request)
    delete_budget(budget=get_object_or_404(Budget, pk=pk))
    messages.success(request, "The budget is gone. What was spent stays in the ledger.")
    return redirect("billing:budgets")


def _change_form(found: Budget, data: QueryDict | None = None) -> BudgetChangeForm:
    digits = max(2, fraction_digits(found.limit_usd))
    kind = "hard" if found.hard else "soft"
    limit = Decimal(f"{found.limit_usd:.{digits}f}")
    initial = {"limit_usd": limit, "kind": kind}
    return BudgetChangeForm(data, initial=initial)


def _budget_page(
    request: HttpRequest, found: Budget, form: BudgetChangeForm, raising: LimitForm
) -> HttpResponse:
    """One budget with its forms, of which one may have errors."""
    (state,) = with_pace([_state(found)])
    context = {
        "row": budget_row(state),
        "form": form,
        "raising": raising,
        "own_limit": usd_limit(found.limit_usd),
    }
    wrong = form.errors or raising.errors
    return render(request, "billing/budget.html", context, status=422 if wrong else 200)


def _say_changed(request: HttpRequest, state: BudgetState) -> None:
    if state.remaining_usd:
        messages.success(request, f"Changed: {usd_budget(state.remaining_usd)} is left.")
    else:
        messages.warning(request, "Changed. It is used up at once: nothing is left in this period.")


def _state(found: Budget) -> BudgetState:
    (state,) = states(Budget.objects.filter(pk=found.pk))
    return state


def _preview(form: NewBudgetForm) -> Preview:
    fields = form.fields_of_budget()
    user, token = fields["user"], fields["api_token"]
    spent = run(
        functions.spent_in_period(
            period=fields["period"],
            timezone=fields["timezone"],
            user_id=user and user.pk,
            api_token_id=token and token.pk,
            simulated=settings.SIMULATED,
        )
    )
    owner = user or (token and token.user)
    others = states(applying(owner.pk, token and token.pk)) if owner else []
    return Preview(
        who=whose(user, token),
        period=fields["period"],
        timezone=fields["timezone"],
        limit_usd=fields["limit_usd"],
        hard=fields["hard"],
        settled_usd=spent.charged,
        held_usd=spent.held,
        others=budget_rows(state for state in others if state.budget.scope == fields["scope"]),
        seen=form.signature,
    )


@one_snapshot
def _page(
    request: HttpRequest, form: NewBudgetForm, *, preview: Preview | None = None, status: int = 200
) -> HttpResponse:
    user = caller_of(request).user
    found = with_pace(states(budgets_of(user)))
    tightest = tightest_of_all_calls(found)
    main = tightest or next(iter(found), None)
    mine = budget_rows(found, reader=user)
    context: dict[str, Any] = {
        "mine": mine,
        "tightest_budget": budget_row(tightest, reader=user) if tightest else None,
        "zones": zones(mine),
        "main": budget_row(main, reader=user) if main else None,
        "held": held_now(user, main) if main and main.window_id else None,
        "check": ledger_check_of(user, [state.window_id for state in found if state.window_id]),
    }
    if user.is_staff:
        context |= _for_staff(request) | {"form": form, "preview": preview}
        context["dialog_open"] = form.is_bound
    return render(request, "billing/budgets.html", context, status=status)


def _for_staff(request: HttpRequest) -> dict[str, Any]:
    """All budgets that are listed, some at a time."""
    found = listed_budgets().order_by("id")
    scope = request.GET.get("scope", "")
    if scope in Budget.Scope.values:
        found = found.filter(scope=scope)
    after = _after(request)
    ids = list(
        (found.filter(pk__gt=after) if after else found).values_list("pk", flat=True)[
            : PAGE_SIZE + 1
        ]
    )
    shown = states(Budget.objects.filter(pk__in=ids[:PAGE_SIZE]).order_by("id"))
    tokens = ApiToken.objects.unrevoked().select_related("user").order_by("-created_at")
    return {
        "all_rows": budget_rows(with_pace(shown)),
        "all_count": found.count(),
        "all_next": ids[PAGE_SIZE - 1] if len(ids) > PAGE_SIZE else None,
        "scopes": SCOPES,
        "scope": scope,
        "audit": latest_audit(),
        "tokens": tokens[:TOKENS],
    }


def _after(request: HttpRequest) -> UUID | None:
    """The cursor of the URL; a broken one is none."""
    try:
        return UUID(request.GET.get("after", ""))
    except ValueError:
        return None
