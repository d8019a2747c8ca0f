"""Alerts in the admin, to read."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest

from runs.alert_models import Alert, AlertNotice
from runs.alerts.wording import words_of
from web.admin import Link, ReadOnlyAdmin
from web.admin.columns import chip, code, column, link, moment, number, rows_of
from web.admin.searching import user_id

TONES = {"waiting": "queued", "sending": "running", "sent": "ok", "failed": "bad"}
whose = column("owner", "Whose", lambda alert: alert.owner or "The site’s")
mail = chip("mail", "Mail", TONES)
title = column("title", "What", lambda alert: words_of(alert.kind, alert.data).title)
words = column("words", "In words", lambda alert: words_of(alert.kind, alert.data).text)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """What became true."""

    empty_text = "Budgets that fill, money in doubt, workers that died: each is told here once."
    list_display = [
        title,
        whose,
        moment("created_at", "When"),
        moment("starts_at", "Its window began"),
    ]
    list_filter = ["kind"]
    list_select_related = ["owner"]
    search_fields = ["subject", "owner__email"]
    search_help_text = "What it is about, or a user’s email"
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    title,
                    words,
                    "kind",
                    "subject",
                    "threshold",
                    whose,
                    moment("created_at", "When"),
                    moment("starts_at", "Its window began"),
                    moment("ends_at", "Its window ends"),
                    code("data", "Figures of that moment"),
                ]
            },
        )
    ]

    def links(self, request: HttpRequest, row: Alert) -> Sequence[Link]:
        """Whom it was told."""
        return (Link("Whom it was told", rows_of(AlertNotice, alert__id__exact=row.pk)),)


@admin.register(AlertNotice)
class AlertNoticeAdmin(ReadOnlyAdmin):
    """Whom it was told, and how its mail fared."""

    empty_text = "Each alert has a notice here for everyone whom it is told."
    list_display = [
        link("alert"),
        link("recipient"),
        mail,
        number("tries", "Attempts"),
        moment("mailed_at", "Mailed"),
        "error",
    ]
    list_filter = ["mail"]
    list_select_related = ["alert", "recipient"]
    found_by = {"recipient": user_id}
    search_help_text = "A user’s email"
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    link("alert"),
                    link("recipient"),
                    "urgent",
                    mail,
                    number("tries", "Attempts"),
                    moment("due_at", "Next attempt"),
                    moment("mailed_at", "Mailed"),
                    "error",
                    code("messages", "Messages of webhooks"),
                ]
            },
        )
    ]
