"""The owner's page of a run's link, and the page that readers of the link see."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.caller import caller_of
from accounts.limits import account_limits, shared_limits
from runs.errors import RunGoesOn
from runs.models import Run
from runs.selectors.journal import books
from runs.sharing.forms import ShareForm
from runs.sharing.presenter import shared_run
from runs.sharing.selectors import share_of, shared_by, shared_steps
from runs.sharing.services import revoke_share, share_run
from runs.views.access import own_run
from web.limited import add_rate_headers, limit_posts, waiting_time
from web.public import public_url
from web.ratelimit import Counted, Limit, consume
from web.snapshot import one_snapshot


def _share_limits(request: HttpRequest) -> list[Limit]:
    return account_limits(caller_of(request), "share")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limit_posts(_share_limits)
def share(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Whether the run has a link; a POST makes one and shows it, once, in the answer itself."""
    run = own_run(request, run_id)
    form = ShareForm(request.POST) if request.method == "POST" else ShareForm()
    if not form.is_valid():
        return _page(request, run, form)
    lasts = timedelta(days=form.cleaned_data["days"])
    try:
        key = share_run(run=run, lasts=lasts, with_steps=form.cleaned_data["with_steps"])
    except RunGoesOn as refused:
        messages.error(request, refused.message)
        return redirect("runs:detail", run.pk)
    link = public_url(request) + reverse("runs:shared", args=[key])
    return _page(request, run, ShareForm(), link=link)


def _page(request: HttpRequest, run: Run, form: ShareForm, link: str = "") -> HttpResponse:
    context: dict[str, Any] = {"run": run, "form": form, "share": share_of(run), "link": link}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "runs/sharing/share.html", context, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """End the link at once."""
    run = own_run(request, run_id)
    if revoke_share(run=run):
        messages.success(request, "The link is revoked. Whoever opens it finds nothing.")
    return redirect("runs:share", run.pk)


@require_safe
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """The run of a link, for whoever has it. Raises `Http404` for every other key."""
    counted = consume(shared_limits(request))
    response = (
        _too_many(request, counted) if counted and not counted.allowed else _run(request, key)
    )
    if counted:
        add_rate_headers(response, counted)
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _too_many(request: HttpRequest, counted: Counted) -> HttpResponse:
    context = {"wait": waiting_time(counted.tightest.reset_s)}
    return render(request, "429.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)


@one_snapshot
def _run(request: HttpRequest, key: str) -> HttpResponse:
    found = shared_by(key)
    if found is None:
        raise Http404("There is no such link.")
    page = shared_run(found, books(found.run), shared_steps(found))
    context = {"page": page, "run": found.run, "share": found}
    return render(request, "runs/sharing/shared.html", context)
