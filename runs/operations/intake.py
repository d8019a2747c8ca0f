"""Staff pause the intake of new runs, or end the pause; and let a model be called again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.caller import caller_of, staff_of
from runs.operations.forms import PauseForm
from runs.selectors.intake import past_words, pause, under_way
from runs.services.breakers import close_breaker
from runs.services.intake import set_intake

TAKEN_IN, PAUSED = "New runs are taken in again.", "New runs are paused."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: HttpRequest) -> HttpResponse:
    """What was said about the intake so far, and the next word."""
    staff_of(request)
    form = PauseForm(request.POST or None)
    resumes = request.POST.get("paused") == "false"
    if request.method == "POST" and (resumes or form.is_valid()):
        reason = "" if resumes else form.cleaned_data["reason"]
        set_intake(paused=not resumes, reason=reason, by=caller_of(request).user)
        messages.success(request, TAKEN_IN if resumes else PAUSED)
        return redirect("runs:operations")
    paused = pause()
    context = {"paused": paused, "form": form, "words": past_words(), **under_way()}
    return render(
        request, "runs/operations/intake.html", context, status=422 if form.errors else 200
    )


@login_required
@require_POST
def reset_breaker(request: HttpRequest) -> HttpResponse:
    """Call a model again at once."""
    staff_of(request)
    model = request.POST.get("model", "")
    if close_breaker(model=model):
        messages.success(request, f"“{model}” is called again.")
    return redirect("runs:operations")
