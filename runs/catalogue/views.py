"""The Models page: what is offered, at which prices, and how each endpoint wants to be asked."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from runs.catalogue.selectors import models


@login_required
@require_safe
def models_page(request: HttpRequest) -> HttpResponse:
    """The offered models, in the order in which the composer has them."""
    offered = models()
    context = {
        "models": offered,
        "endpoint": settings.PROVIDER_ENDPOINT,
        "learnt": any(model["dialect"] for model in offered),
    }
    return render(request, "runs/catalogue/models.html", context)
