"""The forms of the composer and of the run list. What they accept, `runs.services` checks again."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from rest_framework.exceptions import APIException

from accounts.models import User
from runs.engine.answer_schema import MAX_BYTES
from runs.engine.pattern import AnyPattern, label_of
from runs.engine.registry import PATTERNS
from runs.engine.wishes import EFFORTS, VERBOSITIES
from runs.errors import NoSuchRun
from runs.prompt_forms import GoalsField, StepsForm, goals_of, steps_forms, written
from runs.selectors.runs import metadata_asked
from runs.selectors.tools import own_tools, server_labels, servers_tools
from runs.services import Submission
from runs.services.auto import AUTO
from runs.services.fork import labels_of, same_as_source
from runs.states import CacheMode, Status, WhenOutOfMoney
from runs.submission import Fork
from web.parsers import check

ADVANCED = (
    *("when_out_of_money", "reasoning_effort", "verbosity", "cache"),
    *("prompt_set", "custom_instructions", "goals", "answer_schema"),
)
LABELS = ("tag", "session_id", "customer", "feedback")
NUMBER_FIELDS: dict[str, type[forms.IntegerField]] = {
    "integer": forms.IntegerField,
    "number": forms.FloatField,
}


def _css(widget: forms.Widget, css: str, **attrs: Any) -> forms.Widget:
    widget.attrs.update({"class": css, **attrs})
    return widget


def _wishes(values: Sequence[str]) -> list[tuple[str, str]]:
    words = {"xhigh": "Extra high"}
    named = ((value, words.get(value, value.capitalize())) for value in values)
    return [("", "The model’s own"), *named]


def _type(schema: dict[str, Any]) -> dict[str, Any]:
    """The part of a property's schema that has its type: of an optional one, the other half."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return {**schema, **option}
    return schema


def param_field(name: str, schema: dict[str, Any]) -> forms.Field:
    """A form field for one property of a pattern's JSON Schema."""
    kind = _type(schema)
    common = {
        "label": label_of(name, schema),
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


def base_of(user: User, given: Mapping[str, str]) -> Submission | None:
    """What an address or a form goes on from (`fork`, `step`), or runs again (`from`).

    Of a run to repeat, the form has all but its labels. Raises `NoSuchRun`.
    """
    named = given.get("fork") or given.get("from")
    if not named:
        return None
    try:
        fork = Fork(UUID(named), given.get("step", ""))
    except ValueError as error:
        raise NoSuchRun("There is no such run.") from error
    return same_as_source(user, fork) if given.get("fork") else labels_of(user, fork.run)


def _schema(text: str) -> dict[str, Any] | None:
    """The schema that a text of JSON has; None where there is none."""
    return json.loads(text) if text else None


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
        values = ((bound.label, bound.value()) for bound in self)
        return " · ".join(f"{label}: {value}" for label, value in values if value != "")


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
    when_out_of_money = forms.ChoiceField(
        label="When money runs out",
        required=False,
        choices=WhenOutOfMoney.choices,
        widget=_css(forms.Select(), "select"),
        help_text="Asked, you find it in your inbox. Nothing is bought twice when it goes on.",
    )
    cache = forms.ChoiceField(
        label="Answer cache",
        required=False,
        choices=CacheMode.choices,
        widget=_css(forms.Select(), "select"),
        help_text="Use gives the same task its answer again, free. Refresh and Off buy a new one; "
        "Off doesn’t keep it.",
    )
    reasoning_effort = forms.ChoiceField(
        label="Reasoning effort",
        required=False,
        choices=_wishes(EFFORTS),
        widget=_css(forms.Select(), "select"),
        help_text="How long a reasoning model thinks, in tokens that are billed.",
    )
    verbosity = forms.ChoiceField(
        label="Verbosity",
        required=False,
        choices=_wishes(VERBOSITIES),
        widget=_css(forms.Select(), "select"),
        help_text="How much it writes. Models that take no such wish do as ever.",
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
        required=False, max_length=100, widget=_css(forms.Select(), "select")
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
        help_text="The answer is then JSON that fits it. Every property has to be required.",
    )
    idempotency_key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        initial: dict[str, Any] | None = None,
        base: Submission | None = None,
    ) -> None:
        self.base = base or Submission(task="")
        own, theirs = own_tools(), servers_tools()
        self._servers = {name: kept.server for name, kept in theirs.items()}
        filled = {
            "pattern": next(iter(PATTERNS)),
            "model": AUTO,
            "tools": list(own),
            "cache": CacheMode.USE,
            "when_out_of_money": WhenOutOfMoney.CONCLUDE,
            "idempotency_key": str(uuid.uuid4()),
            **(initial or {}),
        }
        super().__init__(data, initial=filled)
        self.choices_of("pattern", [(p.key, p.label) for p in self.patterns.values()])
        labels = [(name, tool.label) for name, tool in own.items()]
        labels += [(name, kept.label) for name, kept in theirs.items()]
        self.choices_of("tools", labels)
        params = filled.get("params", {})
        self.params_forms = {
            key: ParamsForm(pattern, data, initial=params if key == filled["pattern"] else None)
            for key, pattern in PATTERNS.items()
        }
        self.steps_forms = steps_forms(
            PATTERNS, data, str(self["pattern"].value()), filled.get("prompts")
        )

    @property
    def patterns(self) -> dict[str, AnyPattern]:
        """The patterns to choose from; a fork keeps its source's."""
        only = self.base.fork and self.base.pattern
        return {key: pattern for key, pattern in PATTERNS.items() if not only or key == only}

    def choices_of(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer these choices in a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices

    @property
    def opens_advanced(self) -> bool:
        """True where something under Advanced is wrong, or is what this run is about."""
        parts = (self.chosen_params, self.chosen_steps)
        wrong = any(part is not None and part.errors for part in parts)
        return wrong or self.uses_servers or any(name in self.errors for name in ADVANCED)

    @property
    def own_tools(self) -> list[Any]:
        """The checkboxes of the site's own tools."""
        return [box for box in self["tools"] if box.data["value"] not in self._servers]

    @property
    def tools_by_server(self) -> dict[str, list[Any]]:
        """The checkboxes of the tools of each MCP server, by what it is called."""
        found: dict[str, list[Any]] = {}
        labels = server_labels() if self._servers else {}
        for box in self["tools"]:
            if server := self._servers.get(box.data["value"]):
                found.setdefault(labels.get(server, server), []).append(box)
        return found

    @property
    def uses_servers(self) -> bool:
        """True where a tool of a server is chosen."""
        return any(name in self._servers for name in self["tools"].value() or ())

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

    @property
    def chosen_params(self) -> ParamsForm | None:
        """The parameters of the chosen pattern."""
        return self.params_forms.get(str(self["pattern"].value()))

    @property
    def chosen_steps(self) -> StepsForm | None:
        """The prompts of the chosen pattern's steps."""
        return self.steps_forms.get(str(self["pattern"].value()))

    def is_valid(self) -> bool:
        """True when this form, the parameters and the prompts of the chosen pattern are good."""
        chosen = (self.chosen_params, self.chosen_steps)
        good = [form is not None and form.is_valid() for form in chosen]
        return super().is_valid() and all(good)

    def submission(self) -> Submission:
        """What the form asks for; what it has no field for is as in its base.

        Only after `is_valid()`.
        """
        cleaned = self.cleaned_data
        pattern = PATTERNS[cleaned["pattern"]]
        params = self.params_forms[pattern.key].params()
        return replace(
            self.base,
            task=cleaned["task"],
            pattern=pattern.key,
            model=cleaned["model"],
            params=params,
            tools=tuple(cleaned["tools"]),
            max_cost_usd=cleaned["max_cost_usd"],
            when_out_of_money=cleaned["when_out_of_money"] or WhenOutOfMoney.CONCLUDE,
            cache=cleaned["cache"] or CacheMode.USE,
            custom_instructions=cleaned["custom_instructions"].replace("\r\n", "\n"),
            reasoning_effort=cleaned["reasoning_effort"],
            verbosity=cleaned["verbosity"],
            goals=goals_of(cleaned["goals"]),
            prompts=self.steps_forms[pattern.key].prompts,
            prompt_set=cleaned["prompt_set"],
            answer_schema=_schema(cleaned["answer_schema"]),
        )

    def asked(self) -> Submission | None:
        """What the form would ask for as it stands; None while that can't be submitted."""
        if self.is_bound:
            return self.submission() if self.is_valid() else None
        filled = self.initial
        if not filled.get("task"):
            return None
        return replace(
            self.base,
            task=filled["task"],
            pattern=filled["pattern"],
            model=filled["model"],
            params=filled.get("params", {}),
            tools=tuple(filled["tools"]),
            max_cost_usd=Decimal(cap) if (cap := filled.get("max_cost_usd")) else None,
            when_out_of_money=filled["when_out_of_money"],
            cache=filled["cache"],
            custom_instructions=filled.get("custom_instructions", ""),
            reasoning_effort=filled.get("reasoning_effort", ""),
            verbosity=filled.get("verbosity", ""),
            goals=tuple(filled.get("goals", ())),
            prompts=filled.get("prompts", {}),
            prompt_set=filled.get("prompt_set", ""),
            answer_schema=_schema(filled.get("answer_schema", "")),
        )

    def prompts_asked(self) -> Submission:
        """What the form as it stands says about prompts, checked or not."""
        steps = self.chosen_steps
        return Submission(
            task=written(self["task"].value() or ""),
            pattern=str(self["pattern"].value()),
            custom_instructions=written(self["custom_instructions"].value() or "").strip(),
            goals=goals_of(self["goals"].value() or ""),
            prompts=steps.prompts if steps else {},
            prompt_set=self["prompt_set"].value() or "",
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
            _css(self.fields[name].widget, "select select-auto")

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
