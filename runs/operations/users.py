"""The page of one user for staff, and the end of all that this user has under way."""

from datetime import UTC

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.caller import caller_of, staff_of
from accounts.models import User
from billing.presenters import budget_rows
from runs.operations.asked import simulated_asked
from runs.operations.selectors.one_user import user_state
from runs.operations.selectors.outcomes import outcomes
from runs.operations.spend import spend_context
from runs.services.cancel import cancel_runs_of
from web.snapshot import one_snapshot


@login_required
@require_safe
@one_snapshot
def one_user(request: HttpRequest, pk: int) -> HttpResponse:
    """What a user spends, on what, under which budgets, and what runs now."""
    staff_of(request)
    # With the database's clock, for no query more.
    owner = get_object_or_404(User.objects.annotate(now=Now()), pk=pk)
    today = owner.now.astimezone(UTC).date()  # type: ignore[attr-defined]
    simulated = simulated_asked(request)
    state = user_state(owner, today, simulated=simulated)
    context = {
        "owner": owner,
        "state": state,
        "month": today.replace(day=1),
        "simulated": simulated,
        "budgets": budget_rows(state.budgets),
        "outcomes": outcomes(simulated=simulated, owner=owner),
        **spend_context(request, today, owner),
    }
    return render(request, "runs/operations/user.html", context)


@login_required
@require_POST
def cancel_runs(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel all of a user's runs that have not ended."""
    staff_of(request)
    owner = get_object_or_404(User, pk=pk)
    count = cancel_runs_of(owner=owner, by=caller_of(request).user)
    messages.success(request, _said(count))
    return redirect("runs:user", owner.pk)


def _said(count: int) -> str:
    if not count:
        return "No run of this user was left to cancel."
    return f"{count} run{' was' if count == 1 else 's were'} asked to end."
