"""Cancelling a run from its page."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from runs.errors import RunEnded
from runs.services import cancel_run
from runs.views.access import own_run


@login_required
@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask for the run's end and go back to where that was said."""
    run = own_run(request, run_id)
    try:
        cancel_run(run=run)
    except RunEnded:
        messages.info(request, "The run had already ended.")
    if request.POST.get("back") == "inbox":
        return redirect("runs:inbox")
    return redirect("runs:detail", run.pk)
