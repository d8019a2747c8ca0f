"""Money in the admin: prices and budgets can be set; what was held and charged is only read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.models import ApiToken, User
from billing.errors import InvalidBudget
from billing.models import (
    Audit,
    Budget,
    BudgetWindow,
    Hold,
    LedgerEntry,
    ModelPrice,
    ModelSafety,
    UsageRollup,
)
from billing.services import change_budget, check_budget, create_budget, delete_budget
from web.admin import ReadOnlyAdmin


@admin.register(ModelPrice)
class ModelPriceAdmin(ModelAdmin):  # type: ignore[misc]
    """Prices that win over the bundled list. A new price is a new row."""

    list_display = [
        "model",
        "input_price",
        "cached_input_price",
        "cache_write_price",
        "output_price",
        "effective_from",
    ]
    search_fields = ["model"]
    date_hierarchy = "effective_from"


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A budget, checked as the service checks it."""

    def clean_api_token(self) -> ApiToken | None:
        """The token of a new budget, which isn't revoked."""
        token: ApiToken | None = self.cleaned_data["api_token"]
        if token is not None and token.revoked_at is not None:
            raise forms.ValidationError("This token is revoked.")
        return token

    def clean(self) -> dict[str, Any]:
        """What the service would refuse."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        terms = {
            name: cleaned.get(name, getattr(self.instance, name))
            for name in ("scope", "limit_usd", "timezone", "user", "api_token")
        }
        try:
            check_budget(**terms)
        except InvalidBudget as error:
            field = "api_token" if error.field == "token" else error.field
            self.add_error(field if field in self.fields else None, error.message)
        return cleaned


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):  # type: ignore[misc]
    """Budgets are set through the services: their windows and the money lock belong to them."""

    form = BudgetForm
    fields = ["scope", "user", "api_token", "period", "timezone", "limit_usd", "hard"]
    list_display = ["scope", "user", "api_token", "period", "timezone", "limit_usd", "hard"]
    list_filter = ["scope", "period", "hard"]
    list_select_related = ["user", "api_token"]
    autocomplete_fields = ["user"]
    raw_id_fields = ["api_token"]
    search_fields = ["user__email", "api_token__name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> list[str]:
        """Once set, only the limit and its kind can be changed."""
        return [] if obj is None else ["scope", "user", "api_token", "period", "timezone"]

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        """Through the service."""
        if change:
            change_budget(budget=obj, limit_usd=obj.limit_usd, hard=obj.hard)
            return
        user: User | None = obj.user
        api_token: ApiToken | None = obj.api_token
        created = create_budget(
            scope=obj.scope,
            period=obj.period,
            limit_usd=obj.limit_usd,
            timezone=obj.timezone,
            hard=obj.hard,
            user=user,
            api_token=api_token,
        )
        obj.pk = created.pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its windows, which nobody deletes by hand, go with it."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        """Through the service."""
        delete_budget(budget=obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Through the service, one by one."""
        for budget in queryset:
            delete_budget(budget=budget)


@admin.register(BudgetWindow)
class BudgetWindowAdmin(ReadOnlyAdmin):
    """The periods of budgets."""

    list_display = [
        "budget",
        "simulated",
        "starts_at",
        "ends_at",
        "limit_usd",
        "settled_usd",
        "held_usd",
        "overrun_usd",
    ]
    list_filter = ["simulated", "budget__scope", "budget__period"]
    list_select_related = ["budget"]
    search_fields = ["budget__user__email", "budget__api_token__name"]
    ordering = ["-starts_at", "-id"]


@admin.register(ModelSafety)
class ModelSafetyAdmin(ModelAdmin):  # type: ignore[misc]
    """What overruns taught. Staff may take it back when a provider was mended."""

    list_display = [
        "model",
        "provider",
        "factor",
        "ignores_cap",
        "keeps_cap",
        "overruns",
        "last_at",
    ]
    readonly_fields = ["overruns", "last_at"]

    def get_fields(self, request: HttpRequest, obj: ModelSafety | None = None) -> list[str]:
        """What the database fills in is shown once it has."""
        fields = ["provider", "model", "factor", "ignores_cap", "keeps_cap"]
        return fields if obj is None else fields + self.readonly_fields


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin):
    """The results of the daily audit."""

    list_display = ["at", "lines", "differences"]


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
