"""What staff say when they pull a switch."""

from typing import Any

from django import forms

from accounts.models import ApiToken, User
from runs.engine.registry import PATTERNS
from runs.models import KillSwitch
from runs.models.kill_switch import MAX_REASON

OF_SCOPES = ("user", "token", "pattern")
INPUT, SELECT = {"class": "input"}, {"class": "select"}


class PullForm(forms.Form):
    """What is stopped, and why."""

    scope = forms.ChoiceField(
        label="Stop",
        choices=[("", "Choose what"), *KillSwitch.Scope.choices],
        widget=forms.Select(attrs=SELECT),
    )
    user = forms.CharField(
        label="User",
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={**INPUT, "autocomplete": "off"}),
        help_text="Email address.",
    )
    token = forms.UUIDField(
        label="API token",
        required=False,
        widget=forms.TextInput(attrs={**INPUT, "autocomplete": "off"}),
        help_text="Its id, which the admin shows.",
    )
    pattern = forms.ChoiceField(
        label="Pattern",
        required=False,
        choices=[("", "—"), *((key, pattern.label) for key, pattern in PATTERNS.items())],
        widget=forms.Select(attrs=SELECT),
    )
    reason = forms.CharField(
        label="Why",
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs=INPUT),
        help_text="Whoever is refused reads it.",
    )

    @property
    def of_scopes(self) -> list[forms.BoundField]:
        """The fields of which only that of the chosen scope counts, and is shown."""
        return [self[name] for name in OF_SCOPES]

    def clean(self) -> dict[str, Any]:
        """What belongs to another scope is not seen, so it neither counts nor is wrong."""
        cleaned = dict(super().clean() or {})
        for name in OF_SCOPES:
            if name != cleaned.get("scope"):
                cleaned.pop(name, None)
                self.errors.pop(name, None)
        return cleaned

    def clean_user(self) -> User | None:
        """The user with this address."""
        address: str = self.cleaned_data["user"].strip()
        user = User.objects.with_address(address) if address else None
        if address and user is None:
            raise forms.ValidationError("No user has this address.")
        return user

    def clean_token(self) -> ApiToken | None:
        """The token with this id, revoked or not: its runs go on."""
        pk = self.cleaned_data["token"]
        token = ApiToken.objects.filter(pk=pk).first() if pk else None
        if pk and token is None:
            raise forms.ValidationError("There is no such token.")
        return token

    def target(self) -> dict[str, Any]:
        """What the service takes. Only after `is_valid()`."""
        names = {"token": "api_token"}
        return {names.get(name, name): value for name, value in self.cleaned_data.items()}
