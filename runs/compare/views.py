"""The page that compares two runs; without the second one, it offers those to choose from."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.caller import caller_of
from runs.compare.presenter import comparison
from runs.compare.selectors import akin, others, side
from runs.models import Run
from runs.views.access import own_run


@login_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Two runs side by side. What isn't the reader's doesn't exist."""
    a, b = request.GET.get("a"), request.GET.get("b")
    if not a:
        return redirect("runs:list")
    first = own_run(request, a)
    if not b or b == a:
        return _choice(request, first)
    found = comparison(side(first), side(own_run(request, b)))
    return render(request, "runs/compare/page.html", {"compared": found})


def _choice(request: HttpRequest, run: Run) -> HttpResponse:
    user = caller_of(request).user
    family = akin(user, run)
    context = {"run": run, "family": family, "others": [] if family else others(user, run)}
    return render(request, "runs/compare/choice.html", context)
