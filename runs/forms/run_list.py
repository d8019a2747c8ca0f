"""The filters of the run list."""

from typing import Any

from django import forms

from runs.forms.widgets import css
from runs.selectors.runs import metadata_asked
from runs.states import Status

LABELS = ("tag", "session_id", "customer", "feedback")


class RunFilterForm(forms.Form):
    """The filters of the run list. They live in the URL."""

    q = forms.CharField(
        required=False,
        max_length=200,
        label="Search tasks",
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "class": "input",
                "dir": "auto",
                "placeholder": "Search tasks",
            }
        ),
    )
    tag = forms.CharField(required=False, max_length=200)
    session_id = forms.CharField(required=False, max_length=200)
    customer = forms.CharField(required=False, max_length=200)
    feedback = forms.ChoiceField(required=False, choices=[("1", "Good"), ("-1", "Bad")])
    status = forms.ChoiceField(
        required=False, choices=[("", "Any status"), *Status.choices], label="Status"
    )
    pattern = forms.ChoiceField(required=False, label="Pattern")
    model = forms.ChoiceField(required=False, label="Model")

    def __init__(self, data: Any, *, patterns: list[tuple[str, str]], models: list[str]) -> None:
        super().__init__(data)
        offered = {
            "pattern": [("", "Any pattern"), *patterns],
            "model": [("", "Any model"), *((model, model) for model in models)],
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101
            field.choices = choices
        for name in ("status", "pattern", "model"):
            css(self.fields[name].widget, "select select-auto")

    def chosen(self) -> dict[str, str]:
        """The filters that are set and known; a value that is not offered filters nothing."""
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return {**chosen, **self.pairs}

    @property
    def pairs(self) -> dict[str, str]:
        """The pairs of metadata that are asked for, by the names of their parameters."""
        asked = {name: self.data[name] for name in metadata_asked(self.data)}
        return {name: value for name, value in asked.items() if "\0" not in name + value}

    def labels(self) -> list[tuple[str, str]]:
        """The filters without a field on the page, by parameter: a link brought the reader."""
        chosen = self.chosen()
        names = (*LABELS, *self.pairs)
        return [(name, chosen[name]) for name in names if name in chosen]
