"""Saying on a run's page whether its answer was good."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from runs.errors import RunError
from runs.services.feedback import give_feedback
from runs.views.access import own_run

SCORES = {"1": 1, "-1": -1}


@login_required
@require_POST
def feedback(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Keep the word and go back to the run."""
    run = own_run(request, run_id)
    try:
        give_feedback(
            run=run,
            score=SCORES.get(request.POST.get("score", ""), 0),
            comment=request.POST.get("comment", ""),
        )
    except RunError as refused:
        messages.error(request, refused.message)
    return redirect("runs:detail", run.pk)
