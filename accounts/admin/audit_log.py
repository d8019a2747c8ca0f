"""The audit log in the admin, to read. Its page for staff has more filters, and CSV."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from accounts.audit.presenter import changes
from accounts.audit.selectors import token_names
from accounts.audit_models import Action, AuditEntry
from accounts.models import ApiToken, User
from web.admin import Link, ReadOnlyAdmin
from web.admin.columns import code, column, link_to, moment, rows_of, text
from web.admin.searching import user_id, whole_number


def _changed(entry: AuditEntry) -> str:
    return " · ".join(changes(entry.before, entry.after, token_names([entry]))) or "—"


def _came_with(entry: AuditEntry) -> str:
    if entry.token_id is None:
        return "—"
    token = ApiToken.objects.filter(pk=entry.token_id).first()
    return link_to(token) if token else str(entry.token_id)


action = column("label", "What was done", lambda entry: entry.label)
changed = column("changed", "Change", _changed)


class ActionFilter(admin.SimpleListFilter):
    """What was done. Its choices are known, so that no entry is read for them."""

    title = "what was done"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All actions, by their words."""
        return sorted(Action.choices, key=lambda choice: choice[1])

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        """Those entries."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when and from where."""

    empty_text = "What people do that matters is written here as they do it."
    list_display = [
        moment("at", "When"),
        action,
        code("actor_id", "By user"),
        code("user_id", "On account"),
        "about",
        changed,
        "via",
        "address",
    ]
    list_filter = [ActionFilter]
    found_by = {"actor_id": user_id, "user_id": user_id, "id": whole_number}
    search_help_text = "A user’s email, or an entry’s number"
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    action,
                    moment("at", "When"),
                    code("actor_id", "By user"),
                    code("user_id", "On account"),
                    "about",
                    code("about_id", "Its id"),
                ]
            },
        ),
        ("Change", {"fields": [code("before"), code("after")]}),
        (
            "From where",
            {
                "fields": [
                    "via",
                    "address",
                    text("device"),
                    column("token", "API token", _came_with),
                    code("request_id", "Request"),
                ]
            },
        ),
    ]

    def links(self, request: HttpRequest, row: AuditEntry) -> Sequence[Link]:
        """The people, and the page with filters and CSV."""
        people = dict.fromkeys(pk for pk in (row.actor_id, row.user_id) if pk is not None)
        return (
            *(Link(f"User {pk}", rows_of(User, id__exact=pk)) for pk in people),
            Link("The audit log, with CSV", reverse("accounts:audit")),
        )
