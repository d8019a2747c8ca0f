"""Runs and workers in the admin, to read: their state moves only through the services."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from runs.models import Dialect, Run, Step, Worker
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


@admin.register(Dialect)
class DialectAdmin(ReadOnlyAdmin):
    """How models want to be asked. A deleted row is forgotten, and learnt anew where it holds."""

    list_display = ["provider", "model", "rule", "tokens", "learnt_at"]
    list_filter = ["rule"]
    search_fields = ["model"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Yes, for those who may."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
