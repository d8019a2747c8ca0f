"""The form of a prompt set's page: its name, its pattern and the texts of a version."""

from typing import Any

from django import forms
from django.http import QueryDict
from pydantic import BaseModel, ConfigDict, ValidationError

from runs.engine.prompts import problems
from runs.engine.registry import PATTERNS
from runs.forms.prompts import GoalsField, StepsForm, goals_of, steps_forms, text_area, written
from runs.models.prompt_sets import MAX_NAME, MAX_NOTE, PromptSetVersion
from runs.prompt_texts import PromptTexts

ANY_PATTERN = ("", "Any pattern")
MAX_FILE_BYTES = 200_000
INPUT = {"class": "input", "dir": "auto"}


class VersionForm(forms.Form):
    """The texts of a version. A set for one pattern can have texts for its steps, too."""

    custom_instructions = forms.CharField(
        required=False,
        strip=False,
        widget=text_area(4, "Added to every prompt. For example: answer in French."),
    )
    goals = GoalsField()
    note = forms.CharField(
        required=False,
        max_length=MAX_NOTE,
        label="Note",
        widget=forms.TextInput({**INPUT, "placeholder": "What is new, for you"}),
    )

    def __init__(self, pattern: str, data: Any = None, *, texts: PromptTexts | None = None) -> None:
        said = texts or PromptTexts()
        initial = {"custom_instructions": said.custom_instructions, "goals": said.goals}
        super().__init__(data, initial=initial)
        self.for_pattern = pattern
        self.steps_forms = steps_forms(PATTERNS, data, pattern, said.prompts)

    @property
    def chosen_steps(self) -> StepsForm | None:
        """The prompts of the pattern's steps; None in a set for any pattern."""
        return self.steps_forms.get(self.for_pattern)

    def is_valid(self) -> bool:
        """True when the prompts of the steps are good, too."""
        steps = self.chosen_steps
        good = steps is None or steps.is_valid()
        return super().is_valid() and good

    @property
    def texts(self) -> PromptTexts:
        """What is filled in. Only after `is_valid()`."""
        steps = self.chosen_steps
        return PromptTexts(
            written(self.cleaned_data["custom_instructions"]).strip(),
            goals_of(self.cleaned_data["goals"]),
            steps.prompts if steps else {},
        )

    def refuse(self, message: str, field: str | None) -> None:
        """Show what a service refused, under the field at fault where the form has it."""
        self.add_error(field if field in self.fields else None, message)


class NewSetForm(VersionForm):
    """A new set."""

    name = forms.CharField(
        max_length=MAX_NAME,
        label="Name",
        widget=forms.TextInput(INPUT),
        error_messages={"required": "Give it a name."},
    )
    pattern = forms.ChoiceField(
        label="For",
        required=False,
        choices=[ANY_PATTERN, *((key, pattern.label) for key, pattern in PATTERNS.items())],
        widget=forms.Select({"class": "select"}),
    )
    field_order = ("name", "pattern")

    def __init__(
        self,
        pattern: str,
        data: Any = None,
        *,
        name: str = "",
        note: str = "",
        texts: PromptTexts | None = None,
    ) -> None:
        super().__init__(pattern, data, texts=texts)
        self.initial.update(name=name, pattern=pattern, note=note)

    @classmethod
    def going_on(cls, data: QueryDict) -> "NewSetForm":
        """The form with what was filled in here or in the composer; nothing is wrong yet."""
        sent = cls(data.get("pattern", ""), data)
        instructions, goals = (
            sent[field].value() or "" for field in ("custom_instructions", "goals")
        )
        form = cls(
            sent.for_pattern,
            name=data.get("name", ""),
            note=data.get("note", ""),
            texts=PromptTexts(written(instructions), goals_of(goals)),
        )
        form.steps_forms = {
            key: StepsForm(PATTERNS[key], prompts=steps.prompts)
            for key, steps in sent.steps_forms.items()
        }
        return form


class SetFile(BaseModel):
    """A set as it was exported."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    pattern: str | None = None
    custom_instructions: str = ""
    goals: list[str] = []
    prompts: dict[str, dict[str, str]] = {}
    note: str = ""

    @property
    def fault(self) -> str:
        """What would be lost of it here; empty where nothing is."""
        if self.pattern is None:
            return "It is for any pattern, and yet has prompts for steps." if self.prompts else ""
        pattern = PATTERNS.get(self.pattern)
        if pattern is None:
            return f"This site has no pattern “{self.pattern}”."
        return " ".join(map(str, problems(pattern.label, pattern.steps, self.prompts)))


class ImportForm(forms.Form):
    """A file with a set."""

    file = forms.FileField(
        label="File",
        widget=forms.FileInput({"class": "input", "accept": "application/json,.json"}),
        error_messages={"required": "Choose a file."},
    )

    def clean_file(self) -> SetFile:
        """The set in the file."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(f"The file is longer than {MAX_FILE_BYTES:,} bytes.")
        try:
            found = SetFile.model_validate_json(file.read())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            said = f"This file has no prompt set. {place}: {first['msg']}."
            raise forms.ValidationError(said.replace(" :", "")) from error
        if found.fault:
            raise forms.ValidationError(found.fault)
        return found

    def new_set(self) -> NewSetForm:
        """The form of a new set with what the file says. Only after `is_valid()`."""
        found: SetFile = self.cleaned_data["file"]
        return NewSetForm(
            found.pattern or "",
            name=found.name,
            note=found.note,
            texts=PromptTexts(found.custom_instructions, tuple(found.goals), found.prompts),
        )


def form_of(version: PromptSetVersion, data: Any = None) -> VersionForm:
    """The form that makes the next version of a set."""
    return VersionForm(version.prompt_set.pattern, data, texts=version.texts)
