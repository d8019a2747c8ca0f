"""Sums of the ledger, what its audits found, and providers' bills, to read."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from billing.admin.columns import dollars, exact_dollars, kind_of_money, pattern
from billing.models import Audit, Reconciliation, UsageRollup
from web.admin import Link, ReadOnlyAdmin
from web.admin.columns import badge, chip, code, column, link, moment, number
from web.admin.searching import user_id

BILL_TONES = {"agrees": "ok", "differs": "bad", "failed": "bad", "running": "running"}


def _result(audit: Audit) -> str:
    count = len(audit.differences)
    if not count:
        return badge("Everything agrees", "ok")
    return badge(f"{count} difference{'' if count == 1 else 's'}", "bad")


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin):
    """The results of the daily audit."""

    empty_text = "Once a day the books are compared with the ledger; audit_ledger does so at once."
    list_display = [
        moment("at", "When"),
        number("lines", "Ledger lines compared"),
        column("result", "Result", _result),
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    moment("at", "When"),
                    number("lines", "Ledger lines compared"),
                    column("result", "Result", _result),
                    code("differences"),
                ]
            },
        )
    ]


@admin.register(UsageRollup)
class UsageRollupAdmin(ReadOnlyAdmin):
    """Daily sums."""

    empty_text = "What each user spent a day, by model and pattern."
    list_display = [
        "day",
        link("owner", "User"),
        "model",
        pattern(),
        number("runs"),
        number("calls"),
        dollars("amount"),
        kind_of_money(),
    ]
    list_filter = ["day"]
    list_select_related = ["owner"]
    found_by = {"owner": user_id}
    search_help_text = "A user’s email"
    ordering = ["-day", "-id"]
    fieldsets = [
        (None, {"fields": ["day", link("owner", "User"), "model", pattern(), kind_of_money()]}),
        (
            "Sums",
            {
                "fields": [
                    exact_dollars("amount"),
                    number("runs", "Runs first charged here"),
                    number("calls"),
                    number("fresh_input_tokens", "Fresh input tokens"),
                    number("cached_input_tokens", "Cached input tokens"),
                    number("cache_write_tokens", "Tokens written to the cache"),
                    number("output_tokens", "Output tokens"),
                    number("reasoning_tokens", "Of these, reasoning"),
                ]
            },
        ),
    ]


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """Providers' bills that were held against the ledger. The site has a page for each."""

    empty_text = "Operations, Bills holds a provider’s export against the ledger."
    list_display = [
        moment("created_at", "Compared"),
        "provider",
        "source",
        moment("starts_at", "From"),
        moment("ends_at", "To"),
        chip("state", "Result", BILL_TONES),
        number("unexplained", "Unexplained"),
        link("by", "By"),
    ]
    list_filter = ["state"]
    list_select_related = ["by"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "provider",
                    "source",
                    "name",
                    link("by", "By"),
                    moment("created_at", "Compared"),
                    moment("finished_at", "Finished"),
                    chip("state", "Result", BILL_TONES),
                    "error",
                ]
            },
        ),
        (
            "Figures",
            {
                "fields": [
                    moment("starts_at", "From"),
                    moment("ends_at", "To"),
                    code("provider_totals"),
                    code("ledger_totals"),
                    code("differences"),
                    number("unexplained"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        """Without the exports themselves, which are large."""
        bills: QuerySet[Reconciliation] = super().get_queryset(request)
        return bills.defer("document")

    def links(self, request: HttpRequest, row: Reconciliation) -> Sequence[Link]:
        """Its page, with each difference."""
        return (Link("Its page", reverse("runs:bill", args=[row.pk])),)
