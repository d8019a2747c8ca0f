"""The fields of the composer, and what each of them takes by itself."""

import json
from collections.abc import Sequence

from django import forms
from django.conf import settings
from rest_framework.exceptions import APIException

from runs.engine.answer_schema import MAX_BYTES
from runs.engine.wishes import EFFORTS, VERBOSITIES, wish_label
from runs.forms.prompts import GoalsField
from runs.forms.widgets import css
from runs.states import CacheMode, WhenOutOfMoney
from web.parsers import check


def _wishes(values: Sequence[str]) -> list[tuple[str, str]]:
    return [("", "The model’s own"), *((value, wish_label(value)) for value in values)]


class ComposerFields(forms.Form):
    """A task and how to run it."""

    task = forms.CharField(
        widget=forms.Textarea(
            attrs={
                "class": "task-box",
                "dir": "auto",
                "rows": 3,
                "placeholder": "What should the agent do? Say what a good answer looks like.",
            }
        ),
        error_messages={"required": "Say what the agent should do."},
    )
    pattern = forms.ChoiceField(widget=forms.RadioSelect)
    model = forms.CharField(widget=forms.Select)
    tools = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    max_cost_usd = forms.DecimalField(
        label="Cost limit",
        required=False,
        max_digits=20,
        decimal_places=12,
        widget=forms.TextInput(
            attrs={"class": "input", "inputmode": "decimal", "placeholder": "none"}
        ),
        help_text="When it is reached, the run stops and answers with what it has.",
    )
    when_out_of_money = forms.ChoiceField(
        label="When money runs out",
        required=False,
        choices=WhenOutOfMoney.choices,
        widget=css(forms.Select(), "select"),
        help_text="If you choose to be asked, the question is in your inbox. "
        "Nothing is bought twice.",
    )
    cache = forms.ChoiceField(
        label="Answer cache",
        required=False,
        choices=CacheMode.choices,
        widget=css(forms.Select(), "select"),
        help_text="Use: the same task gets its earlier answer, free. "
        "Refresh: buy a new one and keep it. Off: buy a new one, and don’t keep it.",
    )
    reasoning_effort = forms.ChoiceField(
        label="Reasoning effort",
        required=False,
        choices=_wishes(EFFORTS),
        widget=css(forms.Select(), "select"),
        help_text="How long a reasoning model thinks, in tokens that are billed.",
    )
    verbosity = forms.ChoiceField(
        label="Verbosity",
        required=False,
        choices=_wishes(VERBOSITIES),
        widget=css(forms.Select(), "select"),
        help_text="How much it writes. Models without this setting ignore it.",
    )
    custom_instructions = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(
            attrs={
                "class": "textarea",
                "dir": "auto",
                "rows": 2,
                "placeholder": "Added to every prompt of this run. "
                "For example: answer in French, cite each price.",
            }
        ),
    )
    goals = GoalsField()
    prompt_set = forms.CharField(
        required=False, max_length=100, widget=css(forms.Select(), "select")
    )
    answer_schema = forms.CharField(
        label="JSON schema of the answer",
        required=False,
        max_length=MAX_BYTES,
        widget=forms.Textarea(
            attrs={
                "class": "textarea mono",
                "rows": 3,
                "spellcheck": "false",
                "placeholder": '{"type": "object", "properties": {"total": {"type": "number"}}, '
                '"required": ["total"]}',
            }
        ),
        help_text="The answer will be JSON of this form. List every property in “required”.",
    )
    idempotency_key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def clean_task(self) -> str:
        """Browsers send line ends as CRLF; runs keep LF."""
        task = str(self.cleaned_data["task"]).replace("\r\n", "\n")
        if len(task.encode()) > settings.MAX_TASK_BYTES:
            raise forms.ValidationError(
                f"The task is longer than {settings.MAX_TASK_BYTES:,} bytes."
            )
        return task

    def clean_answer_schema(self) -> str:
        """JSON of an object, or nothing; whether it can be used as a schema, the service says."""
        text = str(self.cleaned_data["answer_schema"]).strip()
        try:
            found = json.loads(text) if text else {}
            check(found)
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise forms.ValidationError(f"This is no JSON: {error.msg}, {where}.") from error
        except (RecursionError, APIException) as error:
            said = "It is nested too deeply, or has what can’t be kept."
            raise forms.ValidationError(said) from error
        except ValueError as error:
            raise forms.ValidationError("It has a number that is too long.") from error
        if not isinstance(found, dict):
            raise forms.ValidationError("A schema is a JSON object, in { }.")
        return text
