"""Budgets, set and changed through their services, and their windows, to read."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import ApiToken, User
from billing.admin.columns import dollars, exact_dollars, kind_of_money, limit
from billing.errors import InvalidBudget
from billing.models import Budget, BudgetWindow
from billing.money import format_usd
from billing.services import change_budget, check_budget, create_budget, delete_budget
from web.admin import Link, ReadOnlyAdmin, SiteAdmin
from web.admin.columns import column, link, link_to, moment, rows_of
from web.admin.searching import user_id


def _whose(budget: Budget) -> str:
    target = budget.user or budget.api_token
    return link_to(target) if target else "Everyone"


def _kind(row: Budget | BudgetWindow) -> str:
    return format_html('<span class="tag">{}</span>', "hard" if row.hard else "soft")


whose = column("whose", "Whose calls count", _whose)
kind = column("kind", "Kind", _kind)

FIXED = ("scope", "period", "timezone")


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A budget, checked as the service checks it."""

    class Meta:
        labels = {
            "api_token": "API token",
            "timezone": "Time zone",
            "limit_usd": "Limit, US dollars",
            "hard": "Hard limit",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            self.initial["limit_usd"] = format_usd(self.instance.limit_usd)

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
class BudgetAdmin(SiteAdmin):
    """Budgets are set through the services: their windows and the money lock belong to them."""

    form = BudgetForm
    empty_text = "Without a budget, nothing limits what runs may spend."
    list_display = [
        "scope",
        whose,
        "period",
        column("zone", "Time zone", lambda budget: budget.timezone),
        limit("limit_usd", "Limit"),
        kind,
        moment("created_at", "Set"),
    ]
    list_filter = ["scope", "period", "hard"]
    list_select_related = ["user", "api_token"]
    autocomplete_fields = ["user", "api_token"]
    search_fields = ["user__email", "api_token__name"]
    search_help_text = "A user’s email, or a token’s name"
    fieldsets = [
        (
            "Whose calls count",
            {
                "fields": ["scope", "user", "api_token"],
                "description": "The site’s counts every call, a user’s all that the user spends, "
                "a token’s what was submitted with it. A call has to fit all that count it.",
            },
        ),
        (
            "How long it lasts",
            {
                "fields": ["period", "timezone"],
                "description": "A day and a month begin at midnight in this time zone.",
            },
        ),
        (
            "Limit",
            {
                "fields": ["limit_usd", "hard"],
                "description": "A hard limit stops a call before it would pass it. A soft one "
                "only tells. What is spent already in the present period counts.",
            },
        ),
    ]

    def links(self, request: HttpRequest, row: Budget) -> Sequence[Link]:
        """Its page, with what is settled and held, and its periods."""
        return (
            Link("Its page", reverse("billing:budget", args=[row.pk])),
            Link("Its periods", rows_of(BudgetWindow, budget__id__exact=row.pk)),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Budget | None = None) -> Any:
        """Once set, only the limit and its kind can be changed."""
        given = super().get_fieldsets(request, obj)
        return given if obj is None else [(None, {"fields": [whose, *FIXED]}), given[-1]]

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> list[Any]:
        """The rest is only shown."""
        return [] if obj is None else [whose, *FIXED]

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        """Through the service."""
        if change:
            limit_usd = obj.limit_usd if "limit_usd" in form.changed_data else None
            change_budget(budget=obj, limit_usd=limit_usd, hard=obj.hard)
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

    empty_text = "Each budget has a period here from the moment on that it is set."
    list_display = [
        link("budget"),
        column("whose", "Whose calls count", lambda window: _whose(window.budget)),
        moment("starts_at", "From"),
        moment("ends_at", "To"),
        dollars("settled_usd", "Settled"),
        dollars("held_usd", "Held"),
        limit("limit_usd", "Limit"),
        dollars("overrun_usd", "Beyond holds"),
        kind_of_money(),
    ]
    list_select_related = ["budget__user", "budget__api_token"]
    found_by = {"budget__user": user_id}
    search_help_text = "A user’s email"
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    link("budget"),
                    moment("starts_at", "From"),
                    moment("ends_at", "To"),
                    kind,
                    kind_of_money(),
                ]
            },
        ),
        (
            "Money",
            {
                "fields": [
                    exact_dollars("settled_usd", "Settled"),
                    exact_dollars("held_usd", "Held"),
                    exact_dollars("limit_usd", "Limit"),
                    exact_dollars("overrun_usd", "Calls beyond their holds"),
                ]
            },
        ),
    ]
