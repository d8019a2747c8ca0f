"""The form of preferences: each kind's boxes, the digest, and which tokens a rise pauses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from accounts.models import User
from billing.zones import zone_names
from runs.alert_models import OF_SITE, OF_USERS, AlertPreferences, Kind
from runs.alerts.presenter import KindChoice, kind_choices
from runs.alerts.services.preferences import Digest, Pausing, Ways

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class KindsForm(forms.Form):
    """Which kinds are told by mail and by webhook. A box that isn't sent is not ticked."""

    kinds: Sequence[Kind] = OF_SITE

    mail = forms.MultipleChoiceField(choices=Kind.choices, required=False)
    webhook = forms.MultipleChoiceField(choices=Kind.choices, required=False)

    def __init__(self, wishes: AlertPreferences, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wishes = wishes

    @property
    def choices(self) -> list[KindChoice]:
        """Each kind with its boxes."""
        return kind_choices(self.kinds, self.wishes)

    def ways(self) -> dict[Kind, Ways]:
        """As the service takes it. Only after `is_valid()`."""
        mail, webhook = self.cleaned_data["mail"], self.cleaned_data["webhook"]
        return {kind: Ways(kind in mail, kind in webhook) for kind in self.kinds}


class PreferencesForm(KindsForm):
    """What a user decides besides."""

    kinds = OF_USERS

    daily = forms.ChoiceField(choices=[("no", "As it happens"), ("yes", "Once a day")])
    daily_hour = forms.TypedChoiceField(
        choices=HOURS,
        coerce=int,
        widget=forms.Select(attrs={"class": "select"}),
        error_messages={"invalid_choice": "Choose an hour."},
    )
    timezone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in zone_names()],
        widget=forms.Select(attrs={"class": "select"}),
    )
    pause_all = forms.BooleanField(required=False)
    pause = forms.TypedMultipleChoiceField(coerce=UUID, required=False)

    def __init__(self, user: User, wishes: AlertPreferences, tokens: Any, *args: Any) -> None:
        initial = {
            "daily": "yes" if wishes.daily else "no",
            "daily_hour": wishes.daily_hour,
            "timezone": wishes.timezone,
            "pause_all": wishes.pause_tokens,
        }
        super().__init__(wishes, *args, initial=initial)
        self.user = user
        self.tokens = tokens
        pause: Any = self.fields["pause"]
        pause.choices = [(str(token.pk), token.name) for token in tokens]

    @property
    def paces(self) -> list[tuple[str, str, bool]]:
        """Value, label, and whether it is chosen."""
        field: Any = self.fields["daily"]
        return [(value, label, value == self["daily"].value()) for value, label in field.choices]

    def digest(self) -> Digest:
        """As the service takes it. Only after `is_valid()`."""
        given = self.cleaned_data
        return Digest(given["daily"] == "yes", given["daily_hour"], given["timezone"])

    def pausing(self) -> Pausing:
        """As the service takes it. Only after `is_valid()`."""
        return Pausing(self.cleaned_data["pause_all"], self.cleaned_data["pause"])
