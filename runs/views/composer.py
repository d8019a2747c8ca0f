"""The composer: a task and how to run it."""

import uuid
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.caller import caller_of
from accounts.limits import submit_limits
from billing.errors import BudgetExceeded
from billing.presenters import Refused, refused
from billing.pricing import offered_models
from billing.selectors.budgets import refusing_state
from runs.catalogue.presenter import model_options, pattern_cards
from runs.errors import IdempotencyConflict, RunError
from runs.estimate.strip import estimate_of_form
from runs.forms import ComposerForm
from runs.selectors.history import recent
from runs.services import submit_run
from runs.views.access import own_run
from web.ratelimit import RateUsage, consume, waiting_time

EXAMPLES = (
    (
        "Explain a stack trace",
        "Explain this stack trace and suggest the smallest fix:\n\n"
        "ValueError: not enough values to unpack (expected 2, got 1)",
    ),
    (
        "Compare two options",
        "Compare a heat pump (€11,500, €1,970 of energy in three years) with a gas boiler "
        "(€4,200, €4,773). Which costs less over three years, and over ten?",
    ),
    (
        "Summarise tickets",
        "Summarise these tickets and name the most common cause:\n\n"
        "1. Invoice shows the old address\n2. Refund not received\n3. Invoice sent twice",
    ),
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def composer(request: HttpRequest) -> HttpResponse:
    """Show the form, filled in from a past run with `?from=` or as it was sent; or submit it."""
    if request.method == "POST":
        if "edit" in request.POST:
            return _page(request, ComposerForm(request.POST))
        return _submit(request)
    return _page(request, ComposerForm(initial=_initial(request)))


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The fields of the run to repeat."""
    source = request.GET.get("from")
    if not source:
        return {}
    run = own_run(request, source)
    return {
        "task": run.task,
        "pattern": run.pattern,
        "model": run.model,
        "tools": run.tools,
        "params": run.params,
        "max_cost_usd": run.max_cost_usd and f"{run.max_cost_usd.normalize():f}",
        "custom_instructions": run.config.get("custom_instructions", ""),
    }


def _submit(request: HttpRequest) -> HttpResponse:
    form = ComposerForm(request.POST)
    user = caller_of(request).user
    usage = consume(request, submit_limits(request, user.pk))
    if usage and not usage.allowed:
        return _too_many(request, form, usage)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        submitted = submit_run(
            owner=user,
            submission=form.submission(),
            idempotency_key=f"form:{form.cleaned_data['idempotency_key']}",
        )
    except IdempotencyConflict:
        return _page(request, _renewed(request, form), status=HTTPStatus.CONFLICT)
    except RunError as error:
        form.refuse(str(error), error.field)
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except BudgetExceeded as error:
        return _refused(request, form, error)
    return redirect("runs:detail", submitted.run.pk)


def _renewed(request: HttpRequest, form: ComposerForm) -> ComposerForm:
    """The form with a new key: it was sent before, with another task, and then changed."""
    data = request.POST.copy()
    data["idempotency_key"] = str(uuid.uuid4())
    form = ComposerForm(data)
    form.refuse(
        "This form has already started a run. Run again to start one with the changes.", None
    )
    return form


def _refused(request: HttpRequest, form: ComposerForm, error: BudgetExceeded) -> HttpResponse:
    """No money: in the strip of the form where a script runs, else on a page of its own."""
    state = refusing_state(error.refusal)
    if state is None:
        # It was taken away since: the same form may be sent again.
        form.refuse(error.message, None)
        return _page(request, form, status=HTTPStatus.CONFLICT)
    why = refused(error, state, reader=caller_of(request).user)
    if request.POST.get("script"):
        return _page(request, form, status=HTTPStatus.PAYMENT_REQUIRED, refused=why)
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    context = {"refused": why, "sent": sent}
    return render(request, "billing/refused.html", context, status=HTTPStatus.PAYMENT_REQUIRED)


def _too_many(request: HttpRequest, form: ComposerForm, usage: RateUsage) -> HttpResponse:
    form.refuse(f"Too many runs in a short time. Try again in {waiting_time(usage.reset_s)}.", None)
    response = _page(request, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    for name, value in usage.headers.items():
        response.headers[name] = value
    return response


def _page(
    request: HttpRequest,
    form: ComposerForm,
    status: HTTPStatus = HTTPStatus.OK,
    refused: Refused | None = None,
) -> HttpResponse:
    user = caller_of(request).user
    runs = recent(user)
    context = {
        "form": form,
        "patterns": pattern_cards(form),
        "models": model_options(offered_models(), form["model"].value()),
        "estimate": estimate_of_form(user, form),
        "recent": runs,
        "examples": () if runs else EXAMPLES,
        "max_task_bytes": settings.MAX_TASK_BYTES,
        "simulated": settings.SIMULATED,
        "refused": refused,
    }
    return render(request, "runs/new.html", context, status=status)
