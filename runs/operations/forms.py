"""The forms with which staff end doubt about money, and pause the intake of runs."""

from decimal import Decimal
from typing import Any

from django import forms

from runs.services import KnownUsage
from runs.services.intake import MAX_REASON

TOKEN_FIELDS = ("fresh_input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")


def _tokens(label: str) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "input num"})
    return forms.IntegerField(label=label, required=False, min_value=0, widget=widget)


class PauseForm(forms.Form):
    """Why no new runs are taken in."""

    reason = forms.CharField(
        label="Why",
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs={"class": "input"}),
        help_text="Everyone who tries to start a run reads it.",
        error_messages={"required": "Say why."},
    )


class ResolveForm(forms.Form):
    """What staff know of a call in doubt: its cost, or its tokens."""

    amount_usd = forms.DecimalField(
        label="Its cost",
        required=False,
        min_value=Decimal(0),
        max_digits=20,
        decimal_places=12,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "decimal"}),
    )
    fresh_input_tokens = _tokens("Fresh input tokens")
    cached_input_tokens = _tokens("Cached input tokens")
    cache_write_tokens = _tokens("Cache write tokens")
    output_tokens = _tokens("Output tokens")
    reason = forms.CharField(
        label="How it is known",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "input"}),
        help_text="The run’s owner reads this too.",
    )

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = dict(super().clean() or {})
        tokens = any(cleaned.get(name) is not None for name in TOKEN_FIELDS)
        if not self.errors and tokens == (cleaned.get("amount_usd") is not None):
            self.add_error(None, "Give its cost or its tokens, one of the two.")
        return cleaned

    def known(self) -> KnownUsage | Decimal:
        """What the service takes. Only after `is_valid()`."""
        amount: Decimal | None = self.cleaned_data["amount_usd"]
        if amount is not None:
            return amount
        return KnownUsage(**{name: self.cleaned_data[name] or 0 for name in TOKEN_FIELDS})
