"""Webhooks in the admin: to read, and the addresses that staff open for them."""

import httpx2
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from runs.engine.tools.web.places import Place, origin_of, place_fault
from runs.webhook_models import InternalReceiver, Webhook, WebhookDelivery
from web.admin import ReadOnlyAdmin


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Users' webhooks. Their secrets are never shown."""

    list_display = ["url", "owner", "enabled", "off_reason", "failing_since", "delivered_at"]
    list_filter = ["enabled", "off_reason"]
    list_select_related = ["owner"]
    search_fields = ["url", "owner__email"]
    exclude = ["secret", "old_secret"]
    ordering = ["-id"]

    def has_delete_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        """Staff may take one away."""
        return bool(ModelAdmin.has_delete_permission(self, request, obj))


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Messages and their attempts."""

    list_display = ["id", "webhook", "type", "status", "tries", "created_at"]
    list_filter = ["status", "type"]
    list_select_related = ["webhook"]
    ordering = ["-id"]


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
class InternalReceiverAdmin(ModelAdmin):  # type: ignore[misc]
    """Where webhooks may lead though it isn't public."""

    form = InternalReceiverForm
    list_display = ["origin", "note", "created_at"]
