"""Operations, for staff."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.caller import staff_of
from runs.operations.selectors import site_state
from web.snapshot import one_snapshot


def _context() -> dict[str, Any]:
    return {"site": site_state()}


@login_required
@require_safe
@one_snapshot
def operations(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    staff_of(request)
    return render(request, "runs/operations/page.html", _context())


@login_required
@require_safe
@one_snapshot
def operations_fragment(request: HttpRequest) -> HttpResponse:
    """Everything below the heading, for refreshing it every few seconds."""
    staff_of(request)
    return render(request, "runs/operations/_page.html", _context())
