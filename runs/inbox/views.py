"""The inbox, and the parts of it that change."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.caller import caller_of
from runs.inbox.selectors import waiting_runs
from runs.presenters.awaiting import question_of


def _context(request: HttpRequest) -> dict[str, Any]:
    runs = waiting_runs(caller_of(request).user)
    return {"waiting": [(run, question_of(run)) for run in runs], "back": "inbox"}


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return render(request, "runs/inbox/page.html", _context(request))


@login_required
@require_safe
def inbox_fragment(request: HttpRequest) -> HttpResponse:
    """Only the questions, for refreshing them."""
    return render(request, "runs/inbox/_questions.html", _context(request))
