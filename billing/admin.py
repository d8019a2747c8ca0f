"""Money in the admin. Prices can be added; what was held, charged and summed can only be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from billing.models import Hold, LedgerEntry, ModelPrice, UsageRollup


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that only the product writes."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False


@admin.register(ModelPrice)
class ModelPriceAdmin(ModelAdmin):  # type: ignore[misc]
    """Prices that win over the bundled list. A new price is a new row."""

    list_display = ["model", "input_price", "cached_input_price", "output_price", "effective_from"]
    search_fields = ["model"]
    date_hierarchy = "effective_from"


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """The append-only ledger."""

    list_display = [
        "charged_at",
        "owner",
        "run_id",
        "step_key",
        "attempt",
        "model",
        "amount",
        "confidence",
        "simulated",
    ]
    list_filter = ["confidence", "simulated", "pattern", "model"]
    list_select_related = ["owner"]
    search_fields = ["=run_id", "owner__email"]
    ordering = ["-id"]


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Money set aside."""

    list_display = ["held_at", "owner", "run_id", "step_key", "attempt", "kind", "state", "amount"]
    list_filter = ["state", "kind", "simulated"]
    list_select_related = ["owner"]
    search_fields = ["=run_id", "owner__email"]
    ordering = ["-id"]


@admin.register(UsageRollup)
class UsageRollupAdmin(ReadOnlyAdmin):
    """Daily sums."""

    list_display = ["day", "owner", "model", "pattern", "amount", "calls", "simulated"]
    list_filter = ["simulated", "pattern", "model"]
    list_select_related = ["owner"]
    search_fields = ["owner__email"]
    ordering = ["-day", "-id"]
