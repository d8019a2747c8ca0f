"""Prompt sets as the composer offers them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from runs.catalogue.presenter import pattern_label
from runs.models.prompt_sets import AT, PromptSet, PromptSetVersion


@dataclass(frozen=True, slots=True)
class SetOption:
    """A prompt set in the select. `pattern` is empty where it goes with any."""

    value: str
    label: str
    pattern: str
    selected: bool


def set_options(sets: Iterable[PromptSet], chosen: str) -> list[SetOption]:
    """None, then the newest version of each set; a chosen older one, or one that is gone, too."""
    options = [SetOption("", "None", "", not chosen)]
    for found in sets:
        label = f"{found.name}, v{found.latest}"
        if found.pattern:
            label += f" · {pattern_label(found.pattern)}"
        options.append(SetOption(found.name, label, found.pattern, found.name == chosen))
        name, at, number = chosen.partition(AT)
        if at and name == found.name:
            label = label.replace(f", v{found.latest}", f", v{number}", 1)
            options.append(SetOption(chosen, label, found.pattern, True))
    if not any(option.selected for option in options):
        options.append(SetOption(chosen, chosen, "", True))
    return options


def set_fields(version: PromptSetVersion | None) -> dict[str, Any]:
    """The composer's fields for a set that was chosen before."""
    if version is None:
        return {}
    fields = {"prompt_set": version.prompt_set.name, "pattern": version.prompt_set.pattern}
    return {name: value for name, value in fields.items() if value}
