"""Runs and workers in the admin, to read: their state moves only through the services."""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

import runs.alerts.admin
import runs.mcp.admin
import runs.webhooks.admin  # noqa: F401
from runs.engine.tools.registry import TOOLS
from runs.models import Customer, DialectRule, ForbiddenTool, IntakeChange, Run, Step, Worker
from web.admin import ReadOnlyAdmin


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Submitted tasks."""

    list_display = [
        "id",
        "owner",
        "pattern",
        "chosen_model",
        "status",
        "answer_kind",
        "cost_usd",
        "simulated",
        "created_at",
    ]
    list_filter = ["status", "pattern", "answer_kind", "simulated"]
    list_select_related = ["owner"]
    search_fields = ["=id", "owner__email", "task"]
    ordering = ["-id"]


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    """The journal."""

    list_display = ["run_id", "key", "attempt", "kind", "status", "cost_usd", "started_at"]
    list_filter = ["status", "kind"]
    search_fields = ["=run__id", "key"]
    ordering = ["-id"]
    heavy: ClassVar[tuple[str, ...]] = ("request", "response")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        """Without the texts, which only a step's own page reads."""
        steps: QuerySet[Step] = super().get_queryset(request)
        return steps.defer(*self.heavy)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Worker processes and their leases."""

    list_display = ["name", "capacity", "started_at", "seen_at", "expires_at", "ended_at"]


@admin.register(DialectRule)
class DialectRuleAdmin(ReadOnlyAdmin):
    """What endpoints taught. A rule that is deleted is forgotten within a minute."""

    list_display = ["model", "endpoint", "rule", "tokens", "learnt_at"]
    search_fields = ["model", "endpoint", "rule"]
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
class ForbiddenToolAdmin(ModelAdmin):  # type: ignore[misc]
    """Tools that no run may use; runs under way are told so when they call one."""

    form = ForbiddenToolForm
    list_display = ["name", "reason", "created_at"]


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):  # type: ignore[misc]
    """The customers that runs may name where `CUSTOMERS_POLICY` is `known`."""

    list_display = ["name", "note", "created_at"]
    search_fields = ["name"]


@admin.register(IntakeChange)
class IntakeChangeAdmin(ReadOnlyAdmin):
    """When new runs were paused, by whom and why. Operations has the button."""

    list_display = ["at", "paused", "reason", "by"]
    list_select_related = ["by"]
