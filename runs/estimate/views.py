"""The composer's strip: fetched again as the form changes."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.caller import caller_of
from runs.errors import NoSuchRun
from runs.estimate.strip import estimate_of_form
from runs.forms.composer import ComposerForm, base_of


@login_required
@require_POST
def strip(request: HttpRequest) -> HttpResponse:
    """What the form as it is filled in would come to. Nothing runs."""
    user = caller_of(request).user
    try:
        form = ComposerForm(request.POST, base=base_of(user, request.POST))
    except NoSuchRun as error:
        raise Http404(error.message) from error
    context = {"estimate": estimate_of_form(user, form), "simulated": settings.SIMULATED}
    return render(request, "runs/estimate/_strip.html", context)
