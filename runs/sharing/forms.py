"""What a link shows, and for how long."""

from django import forms

DAYS = {"1": "1 day", "7": "7 days", "30": "30 days", "90": "90 days"}
USUAL = "7"


class ShareForm(forms.Form):
    """How long the link works, and whether its readers see the steps."""

    days = forms.TypedChoiceField(
        label="Works for",
        choices=list(DAYS.items()),
        coerce=int,
        initial=USUAL,
        widget=forms.Select(attrs={"class": "select select-auto"}),
    )
    with_steps = forms.BooleanField(required=False)
