"""Prompts in the words and shapes of the API and of the pages."""

from dataclasses import dataclass
from typing import Any

from runs.catalogue.presenter import pattern_label
from runs.diff import MAX_LINE_EDITS
from runs.engine.edits import parts
from runs.engine.prompts import Fault, Piece
from runs.engine.registry import PATTERNS
from runs.models.prompt_sets import PromptSetVersion
from runs.prompt_texts import PromptTexts
from runs.prompts.services import MessagePreview, Preview, StepPreview

PreviewBody = dict[str, Any]


def preview_body(found: Preview) -> PreviewBody:
    """A preview as the API shows it."""
    return {
        "pattern": found.pattern,
        "prompt_set": found.version and str(found.version),
        "steps": [_step(step) for step in found.steps],
        "faults": [_fault(fault) for fault in found.faults],
    }


def _step(found: StepPreview) -> dict[str, Any]:
    step = found.step
    return {
        "key": step.key,
        "label": step.label,
        "role": step.role,
        "messages": [_message(message) for message in found.messages],
    }


def _message(message: MessagePreview) -> dict[str, Any]:
    return {
        "role": message.role,
        "content": "".join(piece.text for piece in message.pieces),
        "source": message.source,
        "placeholders": _placeholders(message.pieces),
    }


def _placeholders(pieces: list[Piece]) -> list[dict[str, Any]]:
    found, offset = [], 0
    for piece in pieces:
        if piece.variable:
            found.append({"name": piece.variable, "offset": offset})
        offset += len(piece.text)
    return found


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "step": fault.step,
        "half": fault.half or None,
        "variable": fault.variable or None,
        "message": fault.message,
    }


@dataclass(frozen=True, slots=True)
class StepCard:
    """A step of a preview, with what is wrong with its overrides."""

    label: str
    key: str
    messages: list[MessagePreview]
    faults: list[str]


@dataclass(frozen=True, slots=True)
class PreviewCards:
    """A preview as its dialog shows it. `faults` belong to no step of the pattern."""

    pattern: str
    version: str
    steps: list[StepCard]
    faults: list[str]


def preview_cards(found: Preview) -> PreviewCards:
    """A preview in words."""
    known = {step.step.key for step in found.steps}
    return PreviewCards(
        pattern=pattern_label(found.pattern),
        version=str(found.version or ""),
        steps=[
            StepCard(
                step.step.label,
                step.step.key,
                step.messages,
                [fault.message for fault in found.faults if fault.step == step.step.key],
            )
            for step in found.steps
        ],
        faults=[fault.message for fault in found.faults if fault.step not in known],
    )


def texts_shown(texts: PromptTexts, pattern: str) -> list[tuple[str, str]]:
    """The texts of a version under their headings; those that are empty are left out."""
    return [(name, text) for name, text in _headed(texts, pattern).items() if text]


@dataclass(frozen=True, slots=True)
class Change:
    """A text that differs between two versions; each line was `kept`, `added` or `removed`."""

    heading: str
    lines: list[tuple[str, str]]


def changes(before: PromptTexts, after: PromptTexts, pattern: str) -> list[Change]:
    """What is new in a version against another one, heading by heading."""
    old, new = _headed(before, pattern), _headed(after, pattern)
    return [
        Change(heading, _compared(old.get(heading, ""), new.get(heading, "")))
        for heading in dict.fromkeys((*old, *new))
        if old.get(heading, "") != new.get(heading, "")
    ]


def _headed(texts: PromptTexts, pattern: str) -> dict[str, str]:
    steps = PATTERNS[pattern].steps if pattern in PATTERNS else ()
    labels = {step.key: step.label for step in steps}
    order = dict.fromkeys((*labels, *texts.prompts))
    return {
        "Custom instructions": texts.custom_instructions,
        "Goals": "\n".join(texts.goals),
        **{
            f"{labels.get(step, step)}: {half} message": text
            for step in order
            for half, text in sorted(texts.prompts.get(step, {}).items())
        },
    }


def _compared(before: str, after: str) -> list[tuple[str, str]]:
    old, new = before.splitlines(), after.splitlines()
    lines: list[tuple[str, str]] = []
    for equal, of_old, of_new in parts(old, new, MAX_LINE_EDITS):
        if equal:
            lines += [("kept", line) for line in of_old]
        else:
            lines += [("removed", line) for line in of_old]
            lines += [("added", line) for line in of_new]
    return lines


def exported(version: PromptSetVersion) -> dict[str, Any]:
    """A version as the API takes it for a new set."""
    return {
        "name": version.prompt_set.name,
        "pattern": version.prompt_set.pattern or None,
        "custom_instructions": version.custom_instructions,
        "goals": version.goals,
        "prompts": version.prompts,
        "note": version.note,
    }
