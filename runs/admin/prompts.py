"""Prompt sets and their versions, to read: their users change them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from runs.catalogue.presenter import pattern_label
from runs.models import PromptSet, PromptSetVersion
from web.admin import ReadOnlyAdmin
from web.admin.columns import code, column, link, moment, number, text
from web.admin.searching import user_id, uuid


def _pattern(prompt_set: PromptSet) -> str:
    return str(pattern_label(prompt_set.pattern)) if prompt_set.pattern else "Any"


class VersionInline(TabularInline):  # type: ignore[misc]
    """What a set says under each number."""

    model = PromptSetVersion
    extra = 0
    can_delete = False
    hide_title = True
    fields = [
        number("number", "Version"),
        text("custom_instructions", "Instructions"),
        code("goals"),
        code("prompts"),
        "note",
        moment("created_at", "Saved"),
    ]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a version never changes."""
        return False


@admin.register(PromptSet)
class PromptSetAdmin(ReadOnlyAdmin):
    """Texts that users keep under a name."""

    empty_text = "Users keep the prompts of their runs here, on the page Prompts."
    inlines = [VersionInline]
    list_display = [
        "name",
        link("owner", "User"),
        column("pattern", "Pattern", _pattern),
        number("latest", "Versions"),
        moment("changed_at", "Changed"),
    ]
    list_select_related = ["owner"]
    found_by = {"id": uuid, "owner": user_id}
    search_help_text = "A user’s email"
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    link("owner", "User"),
                    column("pattern", "Pattern", _pattern),
                    number("latest", "Versions"),
                    moment("created_at", "Created"),
                    moment("changed_at", "Changed"),
                ]
            },
        )
    ]
