"""The filters of the run list, and which runs are ticked in it."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from runs.forms.widgets import css
from runs.history.days import CHOSEN, Days, choices, days_of
from runs.selectors.runs import metadata_asked
from runs.states import Status

FIRST_YEAR, LAST_YEAR = 2000, 2999
MOST_TICKED = 100
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

    when = forms.ChoiceField(required=False, label="Submitted")

    def __init__(
        self, data: Any, *, patterns: list[tuple[str, str]], models: list[str], today: date
    ) -> None:
        asked = data.copy()
        if not asked.get("when") and (asked.get("from") or asked.get("to")):
            asked["when"] = CHOSEN
        super().__init__(asked)
        self.today = today
        for name, label in (("from", "First day"), ("to", "Last day")):
            widget = forms.DateInput({"type": "date", "class": "input"}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(required=False, label=label, widget=widget)
        offered = {
            "pattern": [("", "Any pattern"), *patterns],
            "model": [("", "Any model"), *((model, model) for model in models)],
            "when": choices(today),
        }
        for name, options in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101
            field.choices = options
        for name in ("status", "pattern", "model", "when"):
            css(self.fields[name].widget, "select select-auto")

    def chosen(self) -> dict[str, str]:
        """The filters that are set and known; a value that is not offered filters nothing."""
        self.is_valid()
        days = ("when", "from", "to")
        chosen = {
            name: value for name, value in self.cleaned_data.items() if value and name not in days
        }
        return {**chosen, **self.pairs}

    def days(self) -> Days:
        """The days that are chosen; ones that can't be read limit nothing."""
        self.is_valid()
        if not self.chooses_days:
            return days_of(self.cleaned_data.get("when", ""), self.today)
        first, last = (self.cleaned_data.get(name) for name in ("from", "to"))
        return Days(_within_reason(first), _within_reason(last))

    @property
    def chooses_days(self) -> bool:
        """True where the days are the reader's own. A link may have them without the choice."""
        return bool(self.data.get("when") == CHOSEN)

    @property
    def day_fields(self) -> list[forms.BoundField]:
        """The first and the last day, for the page: `from` is no name in Python."""
        return [self["from"], self["to"]]

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


def _within_reason(day: date | None) -> date | None:
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


class TickedForm(forms.Form):
    """What is to be done to the runs that are ticked."""

    action = forms.ChoiceField(choices=[("cancel", "Cancel"), ("rerun", "Rerun")])
    run = forms.CharField(error_messages={"required": "Tick the runs first."})
    confirmed = forms.BooleanField(required=False)
    key = forms.UUIDField()
    query = forms.CharField(required=False)

    def clean_run(self) -> list[UUID]:
        """The ids of all that are ticked. Raises `ValidationError`."""
        data: Any = self.data
        asked = data.getlist("run")
        if len(asked) > MOST_TICKED:
            raise forms.ValidationError(f"Tick {MOST_TICKED} runs at most.")
        try:
            return list(dict.fromkeys(UUID(text) for text in asked))
        except ValueError as error:
            raise forms.ValidationError("One of these is no run.") from error
