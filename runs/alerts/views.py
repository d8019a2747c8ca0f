"""The pages of alerts, as they work without any script."""

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.caller import caller_of, staff_of
from runs.alert_models import TokenGuard
from runs.alerts.forms import KindsForm, PreferencesForm
from runs.alerts.limits import TestThrottle
from runs.alerts.presenter import notice_rows, site_rows
from runs.alerts.selectors import (
    PAGE,
    guarded_tokens,
    messages_of,
    notices_of,
    preferences_of,
    site_alerts,
)
from runs.alerts.services.pausing import resume_token
from runs.alerts.services.preferences import set_preferences
from runs.alerts.services.telling import send_test
from runs.alerts.wording import words_of
from web.limited import limit_posts

SAVED = "Saved. What was told before stays as it is."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    """The reader's alerts, and how they are told; a POST changes that."""
    user = caller_of(request).user
    tokens = guarded_tokens(user)
    form = PreferencesForm(user, preferences_of(user), tokens, _sent(request))
    if form.is_valid():
        set_preferences(user=user, ways=form.ways(), digest=form.digest(), pausing=form.pausing())
        messages.success(request, SAVED)
        return redirect("runs:alerts")
    found, older = notices_of(user, _before(request))
    context = {
        "form": form,
        "alerts": notice_rows(found, messages_of(found)),
        "older": older,
        "tokens": tokens,
        "paused": [token for token in tokens if token.guard and token.guard.paused_at],  # type: ignore[attr-defined]
        "mails": settings.SENDS_MAIL,
    }
    return render(request, "runs/alerts/page.html", context, status=_status(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def site(request: HttpRequest) -> HttpResponse:
    """The site's alerts, for staff, and how this member of staff is told of them."""
    user = staff_of(request)
    form = KindsForm(preferences_of(user), _sent(request))
    if form.is_valid():
        set_preferences(user=user, ways=form.ways())
        messages.success(request, SAVED)
        return redirect("runs:site-alerts")
    found = site_alerts()
    before = _before(request)
    page = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    shown = page[:PAGE]
    known = messages_of(notice for alert in shown for notice in alert.notices.all())
    context = {
        "form": form,
        "alerts": site_rows(shown, known),
        "older": shown[-1].pk if len(page) > PAGE else None,
        "mails": settings.SENDS_MAIL,
    }
    return render(request, "runs/alerts/site.html", context, status=_status(form))


@login_required
@require_POST
@limit_posts(TestThrottle.of_page)
def test(request: HttpRequest) -> HttpResponse:
    """Send a test by all the ways in which alerts reach the reader."""
    send_test(user=caller_of(request).user)
    messages.success(request, "The test is on its way. It stands below, with what comes of it.")
    return redirect("runs:alerts")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def paused_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Why a token of the reader's is paused; a POST lets it submit again."""
    token = get_object_or_404(caller_of(request).user.api_tokens.unrevoked(), pk=pk)
    if request.method == "POST":
        if resume_token(token=token):
            messages.success(request, f"“{token.name}” may submit again.")
        return redirect("runs:alerts")
    guard = TokenGuard.objects.paused().select_related("alert").filter(pk=pk).first()
    words = words_of(guard.alert.kind, guard.alert.data) if guard and guard.alert else None
    context = {"token": token, "guard": guard, "words": words}
    return render(request, "runs/alerts/paused.html", context)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form has; without a box that is ticked it may be empty."""
    return request.POST if request.method == "POST" else None


def _before(request: HttpRequest) -> UUID | None:
    """Where the table goes on."""
    try:
        return UUID(request.GET.get("before", ""))
    except ValueError:
        return None


def _status(form: BaseForm) -> int:
    refused = form.is_bound and not form.is_valid()
    return HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
