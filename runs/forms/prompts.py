"""Form fields for prompts: a pattern's steps with their halves, instructions and goals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from runs.engine.pattern import AnyPattern
from runs.engine.prompts import HALVES, problems
from runs.engine.step import Step
from runs.prompt_texts import Overrides

PREFIX = "prompts-"


def text_area(rows: int, placeholder: str = "", css: str = "textarea") -> forms.Textarea:
    """A field for prose in any language."""
    attrs = {"class": css, "dir": "auto", "rows": rows, "placeholder": placeholder}
    return forms.Textarea(attrs=attrs)


def written(text: str) -> str:
    """Browsers send line ends as CRLF; what is only blank was left empty."""
    return text.replace("\r\n", "\n") if text.strip() else ""


class GoalsField(forms.CharField):
    """Goals, one a line."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            widget=text_area(2, "One goal a line. For example: at most 200 words."),
            help_text="The result has to meet them. They are added to every prompt.",
        )

    def prepare_value(self, value: Any) -> Any:
        """The lines of a list; what was sent as it is."""
        return value if value is None or isinstance(value, str) else "\n".join(value)


def goals_of(text: str) -> tuple[str, ...]:
    """The goals that stand in the lines of a text."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class HalfFields:
    """The field of one half of a step, with the text that stands when it is empty."""

    label: str
    bound: forms.BoundField
    built_in: str


@dataclass(frozen=True, slots=True)
class StepFields:
    """The fields of one step. `changed` says that a half has a text of its own."""

    step: Step
    halves: list[HalfFields]

    @property
    def changed(self) -> bool:
        """True when something is filled in."""
        return any(half.bound.value() for half in self.halves)


class StepsForm(forms.Form):
    """Texts in place of a pattern's own, by step and half; an empty field keeps the pattern's."""

    def __init__(
        self, pattern: AnyPattern, data: Any = None, *, prompts: Overrides | None = None
    ) -> None:
        super().__init__(data, prefix=f"{PREFIX}{pattern.key}")
        self.pattern = pattern
        self.key = pattern.key  # templates would call a class
        for step, half, name in self._names():
            label = f"{step.label}: {half} message"
            initial = (prompts or {}).get(step.key, {}).get(half, "")
            widget = text_area(5, "The built-in text", "textarea mono")
            field = forms.CharField(
                label=label, required=False, strip=False, widget=widget, initial=initial
            )
            self.fields[name] = field

    def _names(self) -> list[tuple[Step, str, str]]:
        return [(s, half, f"{s.key}-{half}") for s in self.pattern.steps for half in HALVES]

    @property
    def prompts(self) -> Overrides:
        """What is filled in, checked or not."""
        found: Overrides = {}
        for step, half, name in self._names():
            if text := written(self[name].value() or ""):
                found.setdefault(step.key, {})[half] = text
        return found

    @property
    def rows(self) -> list[StepFields]:
        """The fields by step."""
        return [
            StepFields(
                step,
                [
                    HalfFields(half.capitalize(), self[f"{step.key}-{half}"], getattr(step, half))
                    for half in HALVES
                ],
            )
            for step in self.pattern.steps
        ]

    def clean(self) -> dict[str, Any]:
        """Put each fault beside its field."""
        for fault in problems(self.pattern.label, self.pattern.steps, self.prompts):
            self.add_error(f"{fault.step}-{fault.half}", fault.message)
        return self.cleaned_data


def steps_forms(
    patterns: Mapping[str, AnyPattern], data: Any, chosen: str, prompts: Overrides | None = None
) -> dict[str, StepsForm]:
    """The forms of the chosen pattern and of those for which something was filled in, too."""
    sent = {
        key
        for key in patterns
        if data is not None and any(n.startswith(f"{PREFIX}{key}-") and data[n] for n in data)
    }
    return {
        key: StepsForm(pattern, data, prompts=prompts if key == chosen else None)
        for key, pattern in patterns.items()
        if key == chosen or key in sent
    }
