"""The ledger and the holds, to read. Either may have many millions of rows."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from billing.admin.columns import (
    call,
    confidence,
    dollars,
    exact_dollars,
    kind_of_money,
    pattern,
    price,
    step,
)
from billing.models import Confidence, Hold, LedgerEntry
from web.admin import Link, ReadOnlyAdmin
from web.admin.columns import chip, code, link, moment, number, rows_of
from web.admin.filters import lately
from web.admin.searching import user_id, uuid, whole_number

CALL = [code("run_id", "Run"), step(), "attempt", pattern(), "model", "provider"]
HOLD_TONES = {"dispatched": "running", "held": "running", "in_doubt": "warn", "waiting": "queued"}


class InDoubtFilter(admin.SimpleListFilter):
    """Lines whose calls’ outcome is unknown: they are few, and have an index."""

    title = "how sure"
    parameter_name = "doubt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one thing that is looked for."""
        return [("yes", "In doubt")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry]
    ) -> QuerySet[LedgerEntry]:
        """Those lines."""
        return queryset.filter(confidence=Confidence.IN_DOUBT) if self.value() else queryset


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """The append-only ledger."""

    empty_text = "Each call of a model writes a line here when it is paid."
    list_display = [
        moment("charged_at", "Charged"),
        link("owner", "User"),
        "model",
        call(),
        number("fresh_input_tokens", "Fresh"),
        number("cached_input_tokens", "Cached"),
        number("output_tokens", "Output"),
        dollars("amount"),
        confidence(),
        kind_of_money(),
    ]
    list_filter = [InDoubtFilter, lately("held_at", "when held")]
    list_select_related = ["owner"]
    found_by = {"run_id": uuid, "owner": user_id, "id": whole_number}
    search_help_text = "A run’s id, a user’s email, or a line’s number"
    ordering = ["-id"]
    fieldsets = [
        ("Amount", {"fields": [exact_dollars("amount"), confidence(), kind_of_money()]}),
        (
            "Tokens × price, in $ per million tokens",
            {
                "fields": [
                    number("fresh_input_tokens", "Fresh input tokens"),
                    price("input_price", "Price of fresh input"),
                    number("cached_input_tokens", "Cached input tokens"),
                    price("cached_input_price", "Price of cached input"),
                    number("cache_write_tokens", "Tokens written to the cache"),
                    price("cache_write_price", "Price of cache writes"),
                    number("output_tokens", "Output tokens"),
                    number("reasoning_tokens", "Of these, reasoning"),
                    price("output_price", "Price of output"),
                    "price_source",
                ]
            },
        ),
        ("Call", {"fields": [link("owner", "User"), code("api_token_id", "API token"), *CALL]}),
        (
            "Books",
            {
                "fields": [
                    link("hold"),
                    link("reverses"),
                    link("reversed_by"),
                    moment("held_at", "Held"),
                    moment("charged_at", "Charged"),
                ]
            },
        ),
    ]

    def links(self, request: HttpRequest, row: LedgerEntry) -> Sequence[Link]:
        """The run’s other lines and its holds."""
        return (
            Link("All lines of this run", rows_of(LedgerEntry, q=row.run_id)),
            Link("Its holds", rows_of(Hold, q=row.run_id)),
            Link("All lines of this user", rows_of(LedgerEntry, owner__id__exact=row.owner_id)),
        )


class OpenFilter(admin.SimpleListFilter):
    """Holds that are not closed: they are few, and have an index."""

    title = "state"
    parameter_name = "state"
    OPEN = (Hold.State.WAITING, Hold.State.HELD, Hold.State.DISPATCHED, Hold.State.IN_DOUBT)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states in words."""
        return [(state.value, str(state.label).capitalize()) for state in self.OPEN]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:
        """Those holds."""
        return queryset.filter(state=self.value()) if self.value() in self.OPEN else queryset


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Money set aside."""

    empty_text = "Before each call of a model, the most that it can cost is held here."
    list_display = [
        moment("held_at", "Held"),
        link("owner", "User"),
        "model",
        call(),
        "kind",
        chip("state", "State", HOLD_TONES),
        dollars("amount", "At most"),
        kind_of_money(),
    ]
    list_filter = [OpenFilter]
    list_select_related = ["owner"]
    found_by = {"run_id": uuid, "id": whole_number}
    search_help_text = "A run’s id, or a hold’s number"
    ordering = ["-id"]
    fieldsets = [
        (
            "Money",
            {
                "fields": [
                    exact_dollars("amount", "At most"),
                    chip("state", "State", HOLD_TONES),
                    "kind",
                    kind_of_money(),
                ]
            },
        ),
        (
            "How the most was reckoned",
            {
                "fields": [
                    number("max_input_tokens", "Most input tokens"),
                    price("input_price", "Dearest input, $ per M tokens"),
                    number("max_output_tokens", "Most output tokens"),
                    price("output_price", "Dearest output, $ per M tokens"),
                    "price_source",
                ]
            },
        ),
        ("Call", {"fields": [link("owner", "User"), code("api_token_id", "API token"), *CALL]}),
        (
            "Books",
            {
                "fields": [
                    code("window_ids", "Budget windows"),
                    moment("held_at", "Held"),
                    moment("closed_at", "Closed"),
                ]
            },
        ),
    ]

    def links(self, request: HttpRequest, row: Hold) -> Sequence[Link]:
        """What the call was charged, and the run’s other holds."""
        return (
            Link("What it was charged", rows_of(LedgerEntry, hold__id__exact=row.pk)),
            Link("All holds of this run", rows_of(Hold, q=row.run_id)),
        )
