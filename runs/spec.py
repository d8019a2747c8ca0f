"""What a run is asked to do, as the engine takes it: of a submission, of a row, and to a row."""

from collections.abc import Mapping, Sequence
from typing import Any

from runs.engine.types import Spec
from runs.models import Run
from runs.submission import Submission


def spec_of_submission(
    submission: Submission,
    *,
    model: str,
    roles: Mapping[str, str],
    params: Mapping[str, Any],
    tools: Sequence[str],
) -> Spec:
    """What a submission asks for, with what its check has made of models, parameters and tools."""
    return Spec(
        task=submission.task,
        pattern=submission.pattern,
        model=model,
        params=dict(params),
        tools=tuple(tools),
        custom_instructions=submission.custom_instructions,
        goals=submission.goals,
        prompts=submission.prompts,
        roles=dict(roles),
    )


def spec_of_row(
    task: str,
    pattern: str,
    chosen_model: str,
    params: Mapping[str, Any],
    tools: Sequence[str],
    config: Mapping[str, Any],
) -> Spec:
    """What a run's row asks for, from these columns in this order."""
    return Spec(
        task=task,
        pattern=pattern,
        model=chosen_model,
        params=dict(params),
        tools=tuple(tools),
        custom_instructions=config["custom_instructions"],
        goals=tuple(config["goals"]),
        prompts=config["prompts"],
        roles=config["roles"],
    )


def spec_of_run(run: Run) -> Spec:
    """What a run asks for."""
    return spec_of_row(run.task, run.pattern, run.chosen_model, run.params, run.tools, run.config)


def columns(spec: Spec) -> dict[str, Any]:
    """A run's columns, out of which `spec_of_row` makes the same again."""
    return {
        "task": spec.task,
        "pattern": spec.pattern,
        "chosen_model": spec.model,
        "params": spec.params,
        "tools": list(spec.tools),
        "config": {
            "custom_instructions": spec.custom_instructions,
            "goals": list(spec.goals),
            "prompts": spec.prompts,
            "roles": spec.roles,
        },
    }
