"""The Models page: what is offered, at which prices, what answers, and how it wants to be asked."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from runs.catalogue.selectors import models
from runs.catalogue.states import model_states


@login_required
@require_safe
def models_page(request: HttpRequest) -> HttpResponse:
    """The offered models, in the order in which the composer has them."""
    offered = models()
    context = {
        "models": offered,
        "providers": settings.PROVIDERS,
        "states": model_states(),
        "open_s": settings.BREAKER_OPEN_S,
        "failures": settings.BREAKER_FAILURES,
        "learnt": any(model["dialect"] for model in offered),
    }
    return render(request, "runs/catalogue/models.html", context)
