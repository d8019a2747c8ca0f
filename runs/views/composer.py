"""The composer: a task and how to run it."""

import json
import uuid
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.caller import caller_of
from accounts.limits import submit_limits
from accounts.models import User
from billing.errors import BudgetExceeded
from billing.presenters import Refused, refused
from billing.pricing import offered_models
from billing.selectors.budgets import refusing_state
from runs.catalogue.presenter import model_options, pattern_cards
from runs.engine.registry import PATTERNS
from runs.errors import (
    DetailsDeleted,
    IdempotencyConflict,
    IntakePaused,
    NoSuchRun,
    RunError,
    Stopped,
)
from runs.estimate.strip import estimate_of_form
from runs.forms.composer import ComposerForm, base_of
from runs.presenters.examples import examples
from runs.presenters.prompts import set_fields, set_options
from runs.selectors.history import recent
from runs.selectors.intake import pause
from runs.selectors.prompt_sets import named_version, prompt_sets_of
from runs.services import submit_run
from runs.services.fork import forking_of
from runs.spec import same_again
from runs.submission import Submission
from runs.views.access import own_run
from web.clients import client_address
from web.limited import add_rate_headers, waiting_time
from web.ratelimit import Counted, consume
from web.traces import traceparent_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def composer(request: HttpRequest) -> HttpResponse:
    """Show the form, or submit it.

    It is filled in as it was sent, from a past run with `?from=`, with the `?pattern=` or the
    `?prompt_set=`, or to go on from the `step` of the run `?fork=`.
    """
    try:
        return _composer(request)
    except DetailsDeleted as error:
        context = {"why": error.message}
        return render(request, "runs/gone.html", context, status=HTTPStatus.GONE)


def _composer(request: HttpRequest) -> HttpResponse:
    base = _base(request)
    if request.method == "POST":
        if "edit" in request.POST:
            return _page(request, ComposerForm(request.POST, base=base))
        return _submit(request, base)
    return _page(request, ComposerForm(initial=_initial(request, base), base=base))


def _base(request: HttpRequest) -> Submission | None:
    """What the reader goes on from."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        return base_of(caller_of(request).user, given)
    except NoSuchRun as error:
        raise Http404(error.message) from error


def _initial(request: HttpRequest, base: Submission | None) -> dict[str, Any]:
    """The fields of the run to go on from or to repeat, or the pattern that was chosen before."""
    source, pattern = request.GET.get("from"), request.GET.get("pattern")
    if base is not None and base.fork:
        return _filled(base)
    if source:
        return _filled(same_again(own_run(request, source)))
    chosen = {"pattern": pattern} if pattern in PATTERNS else {}
    named = request.GET.get("prompt_set", "")
    return chosen | set_fields(named_version(caller_of(request).user, named))


def _filled(asked: Submission) -> dict[str, Any]:
    cap = asked.max_cost_usd
    return {
        "task": asked.task,
        "pattern": asked.pattern,
        "model": asked.model,
        "tools": list(asked.tools or ()),
        "params": asked.params,
        "max_cost_usd": cap and f"{cap.normalize():f}",
        "when_out_of_money": asked.when_out_of_money,
        "custom_instructions": asked.custom_instructions,
        "goals": asked.goals,
        "prompts": asked.prompts,
        "prompt_set": asked.prompt_set,
        "answer_schema": _indented(asked.answer_schema),
        "reasoning_effort": asked.reasoning_effort,
        "verbosity": asked.verbosity,
        "cache": asked.cache,
    }


def _indented(schema: dict[str, Any] | None) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) if schema else ""


def _forking(user: User, base: Submission) -> dict[str, Any]:
    """What is taken over, or why nothing can be."""
    if base.fork is None:
        return {}
    try:
        return {"forking": forking_of(user, base)}
    except RunError as error:
        return {"unforkable": str(error)}


def _submit(request: HttpRequest, base: Submission | None) -> HttpResponse:
    form = ComposerForm(request.POST, base=base)
    caller = caller_of(request)
    user = caller.user
    counted = consume(submit_limits(caller, client_address(request)))
    if counted and not counted.allowed:
        return _too_many(request, form, counted)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        submitted = submit_run(
            owner=user,
            submission=form.submission(),
            idempotency_key=f"form:{form.cleaned_data['idempotency_key']}",
            traceparent=traceparent_of(request),
        )
    except IdempotencyConflict:
        return _page(request, _renewed(request, form), status=HTTPStatus.CONFLICT)
    except IntakePaused:
        # The page says why.
        return _page(request, form, status=HTTPStatus.SERVICE_UNAVAILABLE)
    except Stopped as error:
        form.refuse(error.detail, None)
        return _page(request, form, status=HTTPStatus.SERVICE_UNAVAILABLE)
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
    form = ComposerForm(data, base=form.base)
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


def _too_many(request: HttpRequest, form: ComposerForm, counted: Counted) -> HttpResponse:
    wait = waiting_time(counted.tightest.reset_s)
    form.refuse(f"Too many runs in a short time. Try again in {wait}.", None)
    response = _page(request, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    add_rate_headers(response, counted)
    return response


def _page(
    request: HttpRequest,
    form: ComposerForm,
    status: HTTPStatus = HTTPStatus.OK,
    refused: Refused | None = None,
) -> HttpResponse:
    user = caller_of(request).user
    runs = recent(user)
    estimate = estimate_of_form(user, form)
    auto = estimate.auto if estimate else ""
    context = {
        "form": form,
        "patterns": pattern_cards(form),
        "models": model_options(offered_models(), form["model"].value(), auto),
        "estimate": estimate,
        "recent": runs,
        "examples": () if runs or form.base.fork else examples(),
        "max_task_bytes": settings.MAX_TASK_BYTES,
        "simulated": settings.SIMULATED,
        "pause": pause(),
        "repeated": (request.POST or request.GET).get("from", ""),
        "refused": refused,
        "fork": form.base.fork,
        **_forking(user, form.base),
        "prompt_sets": set_options(prompt_sets_of(user), form["prompt_set"].value() or ""),
    }
    return render(request, "runs/new.html", context, status=status)
