"""The pages of webhooks, as they work without any script."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.caller import caller_of
from runs.webhook_models import Webhook
from runs.webhooks.forms import NewWebhookForm, WebhookForm
from runs.webhooks.limits import SendThrottle
from runs.webhooks.presenter import delivery_rows, state_of, webhook_rows
from runs.webhooks.selectors import deliveries_of
from runs.webhooks.services import (
    change_webhook,
    create_webhook,
    delete_webhook,
    replay,
    rotate_secret,
    send_test,
)
from web.errors import Problem
from web.limited import limit_posts

WRITES = ["GET", "HEAD", "POST"]


@login_required
@never_cache
@require_http_methods(WRITES)
def webhooks_page(request: HttpRequest) -> HttpResponse:
    """The reader's webhooks; a POST sets one up and shows its secret, once, in the answer."""
    user = caller_of(request).user
    form = NewWebhookForm(request.POST or None)
    if form.is_valid():
        try:
            webhook, secret = create_webhook(owner=user, **form.cleaned_data)
            if not webhook.signs:
                messages.success(request, "Webhook created. Send a test to see that it arrives.")
                return redirect("runs:webhook", webhook.pk)
            return _webhook_page(request, webhook, secret=secret)
        except Problem as refused:
            _refuse(form, refused)
    context = {"webhooks": webhook_rows(Webhook.objects.visible_to(user)), "form": form}
    return render(request, "runs/webhooks/list.html", context, status=_status(form))


@login_required
@never_cache
@require_http_methods(WRITES)
def webhook_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One webhook with its deliveries; a POST changes it."""
    found = own_webhook(request, pk)
    if request.method != "POST":
        return _webhook_page(request, found)
    form = WebhookForm(request.POST, webhook=found)
    if form.is_valid():
        try:
            change_webhook(webhook=found, **form.changes())
        except Problem as refused:
            _refuse(form, refused)
        else:
            messages.success(request, "Webhook saved.")
            return redirect("runs:webhook", pk)
    return _webhook_page(request, found, form=form)


def _webhook_page(
    request: HttpRequest, webhook: Webhook, *, form: WebhookForm | None = None, secret: str = ""
) -> HttpResponse:
    kept = {
        "url": webhook.url,
        "description": webhook.description,
        "events": webhook.events,
    }
    rows, older = deliveries_of(webhook, _before(request))
    context = {
        "webhook": webhook,
        "state": state_of(webhook),
        "form": form or WebhookForm(initial=kept, webhook=webhook),
        "secret": secret,
        "deliveries": delivery_rows(rows),
        "older": older,
    }
    return render(request, "runs/webhooks/webhook.html", context, status=_status(form))


def _before(request: HttpRequest) -> UUID | None:
    """Where the table goes on."""
    try:
        return UUID(request.GET.get("before", ""))
    except ValueError:
        return None


@login_required
@require_POST
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Switch it on or off."""
    on = request.POST.get("on") == "1"
    change_webhook(webhook=own_webhook(request, pk), enabled=on)
    messages.success(request, f"The webhook is {'on' if on else 'off'}.")
    return redirect("runs:webhook", pk)


@login_required
@never_cache
@require_POST
def rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new secret, shown once, in the answer itself."""
    try:
        secret = rotate_secret(webhook=own_webhook(request, pk))
    except Problem as refused:
        messages.error(request, refused.message)
        return redirect("runs:webhook", pk)
    return _webhook_page(request, own_webhook(request, pk), secret=secret)


@login_required
@require_POST
@limit_posts(SendThrottle.of_page)
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a message that tells of nothing."""
    try:
        send_test(webhook=own_webhook(request, pk))
    except Problem as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, "The test is on its way. Reload to see what comes of it.")
    return redirect("runs:webhook", pk)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take it away."""
    delete_webhook(webhook=own_webhook(request, pk))
    messages.success(request, "The webhook is deleted.")
    return redirect("runs:webhooks")


@login_required
@require_POST
@limit_posts(SendThrottle.of_page)
def replay_delivery(request: HttpRequest, pk: UUID, delivery: UUID) -> HttpResponse:
    """Send a message again."""
    known = own_webhook(request, pk).deliveries.select_related("webhook")
    try:
        replay(delivery=get_object_or_404(known, pk=delivery))
    except ObjectDoesNotExist as gone:
        raise Http404 from gone
    except Problem as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, "The message is on its way again, under the same id.")
    return redirect("runs:webhook", pk)


def own_webhook(request: HttpRequest, pk: UUID) -> Webhook:
    """The reader's webhook; Http404 for everyone else's."""
    return get_object_or_404(Webhook.objects.visible_to(caller_of(request).user), pk=pk)


def _refuse(form: WebhookForm, refused: Problem) -> None:
    known: Any = refused.field if refused.field in form.fields else None
    form.add_error(known, refused.message)


def _status(form: WebhookForm | None) -> int:
    refused = form is not None and form.is_bound and not form.is_valid()
    return HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
