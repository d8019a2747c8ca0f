"""The API reference."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agentsite.reference.document import reference
from agentsite.reference.problems import PROBLEM_TYPES
from web.public import public_url


@require_safe
def reference_page(request: HttpRequest) -> HttpResponse:
    """For everyone: it says what there is, and nothing of what is in it."""
    context = {"reference": reference(), "site": public_url(request)}
    return render(request, "agentsite/reference/page.html", context)


@require_safe
def problems_page(request: HttpRequest) -> HttpResponse:
    """What the `type` of each problem leads to; for everyone."""
    return render(request, "agentsite/reference/problems.html", {"problems": PROBLEM_TYPES})
