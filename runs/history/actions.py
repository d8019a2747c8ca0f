"""Cancelling or rerunning all that is ticked in the list."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.caller import caller_of
from accounts.limits import submit_limits
from runs.history.forms import TickedForm
from runs.history.presenter import CURSORS, cancelled_in_words, rerun_in_words
from runs.history.services import cancel_all, cancellable, rerun_all, ticked_runs
from runs.models import Run
from web.clients import client_address
from web.traces import traceparent_of


@login_required
@require_POST
def ticked(request: HttpRequest) -> HttpResponse:
    """Do it and go back to the list. Cancelling more than one asks first, and names the number."""
    form = TickedForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return redirect(_list(request.POST.get("query", "")))
    asked = form.cleaned_data
    runs = ticked_runs(caller_of(request).user, asked["run"])
    if asked["action"] == "rerun":
        _rerun(request, runs, form)
        return redirect(_list(asked["query"], first_page=True))
    open_runs = cancellable(runs)
    if len(open_runs) > 1 and not asked["confirmed"]:
        context = {"runs": open_runs, "others": len(runs) - len(open_runs), "asked": asked}
        return render(request, "runs/history/confirm.html", context)
    messages.success(request, cancelled_in_words(cancel_all(runs)))
    return redirect(_list(asked["query"]))


def _rerun(request: HttpRequest, runs: list[Run], form: TickedForm) -> None:
    caller = caller_of(request)
    found = rerun_all(
        runs,
        owner=caller.user,
        limits=submit_limits(caller, client_address(request)),
        key=form.cleaned_data["key"],
        traceparent=traceparent_of(request),
    )
    for good, sentence in rerun_in_words(found):
        (messages.success if good else messages.warning)(request, sentence)


def _list(query: str, *, first_page: bool = False) -> str:
    """The list with the filters that it had; the newest runs are on its first page."""
    kept = QueryDict(query, mutable=True)
    for name in CURSORS if first_page else ():
        kept.pop(name, None)
    return f"{reverse('runs:list')}?{kept.urlencode()}" if kept else reverse("runs:list")
