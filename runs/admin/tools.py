"""Tools that staff forbid, and what endpoints taught, in the admin."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from runs.engine.tools.registry import TOOLS
from runs.models import DialectRule, ForbiddenTool
from web.admin import ReadOnlyAdmin, SiteAdmin
from web.admin.columns import moment, number, text


@admin.register(DialectRule)
class DialectRuleAdmin(ReadOnlyAdmin):
    """What endpoints taught. A rule that is deleted is forgotten within a minute."""

    empty_text = "When an endpoint refuses a request, what its answer teaches is kept here."
    list_display = [
        "model",
        "endpoint",
        "rule",
        number("tokens"),
        moment("learnt_at", "Learnt"),
    ]
    search_fields = ["model", "endpoint", "rule"]
    search_help_text = "A model, an endpoint or a rule"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "model",
                    "endpoint",
                    "rule",
                    number("tokens"),
                    text("words", "What it said"),
                    moment("learnt_at", "Learnt"),
                ]
            },
        )
    ]
    ordering = ["model", "-id"]

    def has_delete_permission(self, request: HttpRequest, obj: DialectRule | None = None) -> bool:
        """Forgetting is safe: a refusal teaches it again."""
        return bool(ModelAdmin.has_delete_permission(self, request, obj))


class ForbiddenToolForm(forms.ModelForm):  # type: ignore[type-arg]
    """One of the tools that there are; those of MCP servers are allowed on their server's page."""

    name = forms.ChoiceField(
        label="Tool",
        choices=lambda: [(tool.name, f"{tool.label} ({tool.name})") for tool in TOOLS.values()],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(ForbiddenTool)
class ForbiddenToolAdmin(SiteAdmin):
    """Tools that no run may use; runs under way are told so when they call one."""

    form = ForbiddenToolForm
    empty_text = "Every tool of this site may be used. Add one that no run may call."
    list_display = ["name", "reason", moment("created_at", "Forbidden")]
