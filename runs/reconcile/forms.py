"""What staff give for a comparison: a file, or the days to fetch."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings

from accounts.models import User
from billing.models import Reconciliation
from runs.errors import InvalidSubmission
from runs.reconcile.errors import BadExport
from runs.reconcile.services import ask_to_fetch, ask_with_file


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"class": "input", "type": "date"})
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class ReconcileForm(forms.Form):
    """A file, or days."""

    provider = forms.ChoiceField(widget=forms.Select(attrs={"class": "select"}))
    file = forms.FileField(
        label="Export",
        required=False,
        widget=forms.FileInput(attrs={"class": "input", "accept": ".json,.jsonl,.csv"}),
        help_text="JSON pages of usage and costs as the API gives them, or the documented CSV.",
    )
    first = _day("First day", "UTC, both days included.")
    last = _day("Last day")
    api_key = forms.CharField(
        label="Id of this site’s key",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input mono"}),
        help_text="Only calls made with this key are compared. Left empty: for OpenAI the key in "
        "OPENAI_API_KEY_ID, for others all keys.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = [provider.name for provider in settings.PROVIDERS]
        self.fields["provider"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        self.fields["provider"].initial = names[0]

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = dict(super().clean() or {})
        if not self.errors and bool(cleaned.get("file")) == bool(cleaned.get("first")):
            self.add_error(None, "Give a file, or the days to fetch.")
        return cleaned

    def ask(self, by: User) -> Reconciliation | None:
        """Ask for the comparison; None where it can't be made, which the form then shows."""
        given = self.cleaned_data
        keys = [given["api_key"]] if given["api_key"] else []
        common = {"provider": given["provider"], "api_keys": keys, "by": by}
        try:
            if given["file"]:
                text = given["file"].read().decode("utf-8-sig")
                return ask_with_file(name=given["file"].name, text=text, **common)
            start, last = given["first"], given["last"] or given["first"]
            end = last + timedelta(days=1)
            return ask_to_fetch(start=midnight(start), end=midnight(end), **common)
        except UnicodeDecodeError:
            self.add_error("file", "It isn't text in UTF-8.")
        except BadExport as problem:
            self.add_error("file", problem.message)
        except InvalidSubmission as problem:
            self.add_error("last" if problem.field == "end" else "first", problem.message)
        return None


def midnight(day: Any) -> datetime:
    """Where a day begins (UTC)."""
    return datetime.combine(day, time(), UTC)
