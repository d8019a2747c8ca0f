"""Operations, for staff."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from runs.selectors.ops import site_state
from runs.views.access import require_staff


def _context() -> dict[str, Any]:
    return {"site": site_state()}


@login_required
@require_safe
def ops(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    require_staff(request)
    return render(request, "runs/ops.html", _context())


@login_required
@require_safe
def ops_fragment(request: HttpRequest) -> HttpResponse:
    """Everything below the heading, for refreshing it every few seconds."""
    require_staff(request)
    return render(request, "runs/_ops.html", _context())
