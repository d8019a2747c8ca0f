"""The days that the reader chooses for the Usage page."""

from typing import Any

from django import forms

from runs.usage.ranges import FIRST_YEAR, MAX_DAYS


class DaysForm(forms.Form):
    """From the first to the last day, both included."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        for name, label in (("from", "First day"), ("to", "Last day")):
            self.fields[name] = forms.DateField(
                label=label, widget=forms.DateInput({"type": "date", "class": "input"})
            )

    def clean(self) -> dict[str, Any]:
        """The days in their order, and not more than a year of them."""
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and not 0 <= (last - first).days < MAX_DAYS:
            raise forms.ValidationError(f"Choose 1 to {MAX_DAYS} days, the first one first.")
        if first and last and not FIRST_YEAR <= first.year <= last.year < 2100:
            raise forms.ValidationError("There are no such days here.")
        return self.cleaned_data
