"""The forms of the composer and of the run list. What they accept, `runs.services` checks again."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings

from runs.engine.pattern import AnyPattern
from runs.engine.registry import PATTERNS
from runs.engine.tools.registry import TOOLS
from runs.services import Submission
from runs.states import Status

AUTO = "auto"
NUMBER_FIELDS: dict[str, type[forms.IntegerField]] = {
    "integer": forms.IntegerField,
    "number": forms.FloatField,
}


def _css(widget: forms.Widget, css: str, **attrs: Any) -> forms.Widget:
    widget.attrs.update({"class": css, **attrs})
    return widget


def _type(schema: dict[str, Any]) -> dict[str, Any]:
    """The part of a property's schema that has its type: of an optional one, the other half."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return {**schema, **option}
    return schema


def _label(name: str, schema: dict[str, Any]) -> str:
    """The schema's own title; the name in words where pydantic only made one from it."""
    title = schema.get("title", "")
    words = name.replace("_", " ")
    return words.capitalize() if title in ("", words.title()) else str(title)


def param_field(name: str, schema: dict[str, Any]) -> forms.Field:
    """A form field for one property of a pattern's JSON Schema."""
    kind = _type(schema)
    common = {
        "label": _label(name, schema),
        "help_text": schema.get("description", ""),
        "initial": schema.get("default"),
        "required": False,
    }
    if kind.get("type") == "boolean":
        return forms.BooleanField(**common)
    if "enum" in kind:
        choices = [(value, str(value).replace("_", " ").capitalize()) for value in kind["enum"]]
        return forms.ChoiceField(choices=choices, widget=_css(forms.Select(), "select"), **common)
    if kind.get("type") in NUMBER_FIELDS:
        field = NUMBER_FIELDS[kind["type"]](
            min_value=kind.get("minimum"),
            max_value=kind.get("maximum"),
            widget=forms.NumberInput(),
            **common,
        )
        _css(field.widget, "input num")
        return field
    return forms.CharField(widget=_css(forms.TextInput(), "input"), **common)


class ParamsForm(forms.Form):
    """The parameters of one pattern; an empty field takes the pattern's default."""

    def __init__(self, pattern: AnyPattern, data: Any = None, **options: Any) -> None:
        super().__init__(data, prefix=pattern.key, **options)
        self.pattern = pattern
        for name, schema in pattern.params.model_json_schema().get("properties", {}).items():
            self.fields[name] = param_field(name, schema)

    def params(self) -> dict[str, Any]:
        """What the reader filled in."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}

    @property
    def filled(self) -> dict[str, Any]:
        """The fields as they stand, checked or not; empty ones take the pattern's default."""
        values = {bound.name: bound.value() for bound in self}
        return {name: value for name, value in values.items() if value not in ("", None)}

    @property
    def summary(self) -> str:
        """The values in one line, for the closed Advanced section."""
        return " · ".join(f"{bound.label}: {bound.value()}" for bound in self)


class ComposerForm(forms.Form):
    """A task and how to run it. Submitting the same form twice gives the same run."""

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
        help_text="A hard stop. It answers with what it has.",
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
    idempotency_key = forms.CharField(max_length=255, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        filled = {
            "pattern": next(iter(PATTERNS)),
            "model": AUTO,
            "tools": list(TOOLS),
            "idempotency_key": str(uuid.uuid4()),
            **(initial or {}),
        }
        super().__init__(data, initial=filled)
        self.choices_of("pattern", [(p.key, p.label) for p in PATTERNS.values()])
        self.choices_of("tools", [(tool.name, tool.label) for tool in TOOLS.values()])
        params = filled.get("params", {})
        self.params_forms = {
            key: ParamsForm(pattern, data, initial=params if key == filled["pattern"] else None)
            for key, pattern in PATTERNS.items()
        }

    def choices_of(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer these choices in a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices

    def clean_task(self) -> str:
        """Browsers send line ends as CRLF; runs keep LF."""
        task = str(self.cleaned_data["task"]).replace("\r\n", "\n")
        if len(task.encode()) > settings.MAX_TASK_BYTES:
            raise forms.ValidationError(
                f"The task is longer than {settings.MAX_TASK_BYTES:,} bytes."
            )
        return task

    @property
    def chosen_params(self) -> ParamsForm | None:
        """The parameters of the chosen pattern."""
        return self.params_forms.get(str(self["pattern"].value()))

    def is_valid(self) -> bool:
        """True when this form and the parameters of the chosen pattern are good."""
        chosen = self.chosen_params
        return super().is_valid() and chosen is not None and chosen.is_valid()

    def submission(self) -> Submission:
        """What the form asks for. Only after `is_valid()`."""
        cleaned = self.cleaned_data
        pattern = PATTERNS[cleaned["pattern"]]
        params = self.params_forms[pattern.key].params()
        return Submission(
            task=cleaned["task"],
            pattern=pattern.key,
            model=cleaned["model"],
            params=params,
            tools=tuple(cleaned["tools"]),
            max_cost_usd=cleaned["max_cost_usd"],
            custom_instructions=cleaned["custom_instructions"].replace("\r\n", "\n"),
        )

    def asked(self) -> Submission | None:
        """What the form would ask for as it stands; None while that can't be submitted."""
        if self.is_bound:
            return self.submission() if self.is_valid() else None
        filled = self.initial
        if not filled.get("task"):
            return None
        return Submission(
            task=filled["task"],
            pattern=filled["pattern"],
            model=filled["model"],
            params=filled.get("params", {}),
            tools=tuple(filled["tools"]),
            max_cost_usd=Decimal(cap) if (cap := filled.get("max_cost_usd")) else None,
            custom_instructions=filled.get("custom_instructions", ""),
        )

    def refuse(self, message: str, field: str | None) -> None:
        """Show what a service refused, under the field at fault where the form has it."""
        name = (field or "").removeprefix("params.")
        chosen = self.chosen_params
        if field in self.fields:
            self.add_error(field, message)
        elif chosen is not None and name in chosen.fields:
            chosen.add_error(name, message)
        else:
            self.add_error(None, message)


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
            _css(self.fields[name].widget, "select select-auto")

    def chosen(self) -> dict[str, str]:
        """The filters that are set and known; a value that is not offered filters nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
