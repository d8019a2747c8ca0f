"""The composer's strip: fetched again as the form changes."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.caller import caller_of
from runs.estimate.strip import estimate_of_form
from runs.forms import ComposerForm


@login_required
@require_POST
def strip(request: HttpRequest) -> HttpResponse:
    """What the form as it is filled in would come to. Nothing runs."""
    context = {
        "estimate": estimate_of_form(caller_of(request).user, ComposerForm(request.POST)),
        "simulated": settings.SIMULATED,
    }
    return render(request, "runs/estimate/_strip.html", context)
