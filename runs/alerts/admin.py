"""Alerts in the admin, to read."""

from django.contrib import admin

from runs.alert_models import Alert, AlertNotice
from web.admin import ReadOnlyAdmin


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """What became true."""

    list_display = ["kind", "subject", "threshold", "owner", "starts_at", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["owner"]
    search_fields = ["subject", "owner__email"]
    ordering = ["-id"]


@admin.register(AlertNotice)
class AlertNoticeAdmin(ReadOnlyAdmin):
    """Whom it was told, and how its mail fared."""

    list_display = ["alert", "recipient", "mail", "tries", "due_at", "mailed_at", "error"]
    list_filter = ["mail"]
    list_select_related = ["alert", "recipient"]
    search_fields = ["recipient__email"]
    ordering = ["-id"]
