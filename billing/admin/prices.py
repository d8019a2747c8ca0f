"""Prices that staff set, and what the calls of models taught about their bounds."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from billing.admin.columns import price
from billing.models import ModelPrice, ModelSafety
from billing.money import MAX_UNIT_PRICE, format_usd
from web.admin import SiteAdmin
from web.admin.columns import moment, number, yes

PRICES = ("input_price", "cached_input_price", "cache_write_price", "output_price")


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Prices in the range that money can be reckoned with."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in PRICES:
            if isinstance(value := self.initial.get(name), Decimal):
                self.initial[name] = format_usd(value)

    def clean(self) -> dict[str, Any]:
        """Say it at the price that is beyond."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in PRICES:
            value: Decimal | None = cleaned.get(name)
            if value is not None and not 0 <= value <= MAX_UNIT_PRICE:
                self.add_error(name, f"A price is between 0 and {MAX_UNIT_PRICE:,} dollars.")
        return cleaned


@admin.register(ModelPrice)
class ModelPriceAdmin(SiteAdmin):
    """Prices that win over the bundled list. A new price is a new row."""

    form = PriceForm
    save_as = True
    empty_text = (
        "Models have the prices of the bundled list. Add one here for a model that isn’t on it, "
        "or whose price you negotiated."
    )
    list_display = [
        "model",
        price("input_price", "Input, $ per M tokens"),
        price("cached_input_price", "Cached input"),
        price("cache_write_price", "Cache writes"),
        price("output_price", "Output"),
        moment("effective_from", "Holds from", sorts_by="effective_from"),
    ]
    search_fields = ["model"]
    search_help_text = "A model’s name"
    date_hierarchy = "effective_from"
    fieldsets = [
        (
            None,
            {
                "fields": ["model", "effective_from"],
                "description": "The newest price that holds already is the one that counts. Calls "
                "that were made keep the price that they were made at.",
            },
        ),
        ("US dollars per million tokens", {"fields": [*PRICES]}),
    ]


@admin.register(ModelSafety)
class ModelSafetyAdmin(SiteAdmin):
    """What overruns taught. Staff may take it back when a provider was mended."""

    empty_text = "It fills by itself, with the first calls of each model."
    list_display = [
        "model",
        "provider",
        number("factor", "Input bound ×"),
        yes("ignores_cap", "Ignores its output cap", "ignores it"),
        yes("keeps_cap", "Keeps its output cap", "keeps it"),
        number("overruns"),
        moment("last_at", "Last changed"),
    ]
    search_fields = ["model", "provider"]
    search_help_text = "A model or its provider"
    readonly_fields = ["overruns", "last_at"]

    def get_fields(self, request: HttpRequest, obj: ModelSafety | None = None) -> list[str]:
        """What the database fills in is shown once it has."""
        fields = ["provider", "model", "factor", "ignores_cap", "keeps_cap"]
        return fields if obj is None else fields + self.readonly_fields
