"""What staff look for in the audit log."""

from typing import Any

from django import forms

from accounts.audit.selectors import Wanted
from accounts.audit_models import Action
from accounts.models import User

INPUT, SELECT = {"class": "input"}, {"class": "select select-auto"}


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={**INPUT, "type": "date"})


class FilterForm(forms.Form):
    """A query of the page and of the CSV. What is left empty is not asked about."""

    who = forms.CharField(
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={**INPUT, "placeholder": "Email or id of a user"}),
    )
    action = forms.ChoiceField(
        required=False,
        choices=[("", "Everything"), *sorted(Action.choices, key=lambda choice: choice[1])],
        widget=forms.Select(attrs=SELECT),
    )
    address = forms.GenericIPAddressField(
        required=False, widget=forms.TextInput(attrs={**INPUT, "placeholder": "IP address"})
    )
    first = forms.DateField(required=False, widget=_day())
    last = forms.DateField(required=False, widget=_day())
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def clean_who(self) -> int | None:
        """The id of the person, by e-mail address or by id: a deleted one has only that."""
        text: str = self.cleaned_data["who"].strip()
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) < 19:
            return int(text)
        user = User.objects.with_address(text) if "\0" not in text else None
        if user is None:
            raise forms.ValidationError("Nobody has this address.")
        return user.pk

    def wanted(self) -> Wanted:
        """What is asked for. Only after `is_valid()`."""
        given: dict[str, Any] = self.cleaned_data
        return Wanted(
            person=given["who"],
            action=given["action"],
            address=given["address"] or None,
            first=given["first"],
            last=given["last"],
        )
