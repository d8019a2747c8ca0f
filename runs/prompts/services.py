"""The messages that a submission would send, made as a run makes them. Nothing runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from accounts.models import User
from runs.engine.prompts import Fault, Piece, composed, problems
from runs.engine.registry import PATTERNS
from runs.engine.step import TASK, Step
from runs.errors import UnknownPattern
from runs.models.prompt_sets import PromptSetVersion
from runs.services.checks import check_texts, schema_text
from runs.services.prompt_sets import with_prompts
from runs.spec import spec_of_submission
from runs.submission import Submission

Source = Literal["built_in", "prompt_set", "request"]


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """One message: its pieces, and whose text it is made of."""

    role: str
    pieces: list[Piece]
    source: Source


@dataclass(frozen=True, slots=True)
class StepPreview:
    """The opening messages of a step."""

    step: Step
    messages: list[MessagePreview]


@dataclass(frozen=True, slots=True)
class Preview:
    """All steps of the pattern, and what is wrong with the overrides."""

    pattern: str
    version: PromptSetVersion | None
    steps: list[StepPreview]
    faults: list[Fault]


def preview(*, owner: User, submission: Submission) -> Preview:
    """What would be sent. Without a task, that too is a placeholder.

    Raises `UnknownPattern`, and `InvalidSubmission` for a set or a schema that can't be used and
    for texts that are too long.
    """
    pattern = PATTERNS.get(submission.pattern)
    if pattern is None:
        known = ", ".join(PATTERNS)
        raise UnknownPattern(f"Unknown pattern “{submission.pattern}”. Known: {known}.")
    whole = with_prompts(owner=owner, submission=submission)
    check_texts(whole.submission)
    schema = schema_text(submission.answer_schema)
    spec = spec_of_submission(
        whole.submission,
        model=submission.model,
        roles={},
        params={},
        tools=(),
        declared={},
        answer_schema=schema,
    )
    variables = {TASK: spec.task} if spec.task.strip() else {}
    kept = whole.version.prompts if whole.version else {}
    return Preview(
        pattern=pattern.key,
        version=whole.version,
        steps=[
            StepPreview(
                step,
                [
                    MessagePreview(role, pieces, _source(step, role, submission.prompts, kept))
                    for role, pieces in composed(spec, step, variables).items()
                ],
            )
            for step in pattern.steps
        ],
        faults=problems(pattern.label, pattern.steps, spec.prompts),
    )


def _source(
    step: Step,
    half: str,
    own: Mapping[str, Mapping[str, str]],
    kept: Mapping[str, Mapping[str, str]],
) -> Source:
    if own.get(step.key, {}).get(half):
        return "request"
    return "prompt_set" if kept.get(step.key, {}).get(half) else "built_in"
