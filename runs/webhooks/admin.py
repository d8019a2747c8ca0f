"""Webhooks in the admin: to read, and the addresses that staff open for them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx2
from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from runs.engine.tools.web.places import Place, origin_of, place_fault
from runs.webhook_models import (
    OPEN,
    DeliveryStatus,
    InternalReceiver,
    Webhook,
    WebhookDelivery,
)
from web.admin import Link, ReadOnlyAdmin, SiteAdmin
from web.admin.columns import badge, chip, code, column, link, moment, number, rows_of
from web.admin.filters import lately
from web.admin.searching import uuid

TONES = {"waiting": "queued", "sending": "running", "delivered": "ok", "failed": "bad"}


def _state(webhook: Webhook) -> str:
    if not webhook.enabled:
        return badge("Off")
    return badge("Failing", "warn") if webhook.failing_since else badge("On", "ok")


state = column("state", "State", _state)


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Users' webhooks. Their secrets are never shown."""

    empty_text = "Users set up their webhooks themselves, on the page Webhooks."
    list_display = [
        "url",
        link("owner", "User"),
        state,
        moment("failing_since", "Failing since"),
        moment("delivered_at", "Last delivered"),
    ]
    list_filter = ["enabled", "off_reason"]
    list_select_related = ["owner"]
    search_fields = ["url", "owner__email"]
    search_help_text = "An address or a user’s email"
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {"fields": ["url", "description", link("owner", "User"), "format", code("events")]},
        ),
        (
            "State",
            {
                "fields": [
                    state,
                    "off_reason",
                    moment("off_at", "Switched off"),
                    moment("failing_since", "Failing since"),
                    moment("paused_until", "Waits until"),
                    moment("delivered_at", "Last delivered"),
                    moment("created_at", "Set up"),
                ]
            },
        ),
    ]

    def links(self, request: HttpRequest, row: Webhook) -> Sequence[Link]:
        """What was sent to it."""
        return (Link("Its messages", rows_of(WebhookDelivery, webhook__id__exact=row.pk)),)

    def has_delete_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        """Staff may take one away."""
        return bool(ModelAdmin.has_delete_permission(self, request, obj))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its messages, which nobody deletes by hand, go with it."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected


class DeliveryFilter(admin.SimpleListFilter):
    """What became of messages. Each choice has an index."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices in words."""
        return [("open", "On their way"), ("failed", "Failed in the last 7 days")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]
    ) -> QuerySet[WebhookDelivery]:
        """Those messages."""
        if self.value() == "open":
            return queryset.filter(OPEN)
        if self.value() == "failed":
            lately = Now() - timedelta(days=7)
            return queryset.filter(status=DeliveryStatus.FAILED, created_at__gt=lately)
        return queryset


status = chip("status", "Status", TONES)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Messages and their attempts."""

    empty_text = "A message is written here when a webhook has something to be told."
    list_display = [
        moment("created_at", "When"),
        link("webhook"),
        "type",
        status,
        number("tries", "Attempts"),
        moment("delivered_at", "Delivered"),
    ]
    list_filter = [DeliveryFilter, lately("created_at", "when written")]
    list_select_related = ["webhook"]
    found_by = {"id": uuid, "webhook": uuid}
    search_help_text = "The id of a message or of a webhook"
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    code("id"),
                    link("webhook"),
                    "type",
                    status,
                    number("tries", "Attempts"),
                    moment("created_at", "Written"),
                    moment("due_at", "Next attempt"),
                    moment("delivered_at", "Delivered"),
                ]
            },
        ),
        ("What it says, and what came of it", {"fields": [code("data"), code("attempts")]}),
    ]


class InternalReceiverForm(forms.ModelForm):  # type: ignore[type-arg]
    """An origin in its plainest form."""

    def clean_origin(self) -> str:
        """Scheme, host and port alone."""
        given = str(self.cleaned_data["origin"]).strip().rstrip("/")
        if fault := place_fault(Place(given, internal=True)):
            raise forms.ValidationError(fault)
        url = httpx2.URL(given)
        if url.raw_path.decode() not in ("", "/"):
            raise forms.ValidationError("Leave the path out: it opens the whole server.")
        return origin_of(url)


@admin.register(InternalReceiver)
class InternalReceiverAdmin(SiteAdmin):
    """Where webhooks may lead though it isn't public."""

    form = InternalReceiverForm
    empty_text = "Webhooks lead to public addresses with https. Add a server of yours that isn’t."
    list_display = ["origin", "note", moment("created_at", "Opened")]
