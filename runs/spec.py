"""What a run is asked to do, as the engine takes it: of a submission, of a row, and to a row."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from billing.providers import provider_of
from runs.details import Detail
from runs.engine.types import Spec
from runs.models import Run
from runs.models.prompt_sets import PromptSetVersion
from runs.prompt_texts import PromptTexts
from runs.states import CacheMode
from runs.submission import Submission


def spec_of_submission(
    submission: Submission,
    *,
    model: str,
    roles: Mapping[str, str],
    params: Mapping[str, Any],
    tools: Sequence[str],
    answer_schema: str,
    declared: Mapping[str, dict[str, Any]],
) -> Spec:
    """What a submission asks for, with what its check has made of what needs one."""
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
        reasoning_effort=submission.reasoning_effort,
        verbosity=submission.verbosity,
        answer_schema=answer_schema,
        declared=dict(declared),
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
        # Runs of earlier releases have neither.
        reasoning_effort=config.get("reasoning_effort", ""),
        verbosity=config.get("verbosity", ""),
        # Runs of an older release have none.
        answer_schema=config.get("answer_schema", ""),
        declared=config.get("declared", {}),
    )


def spec_of_run(run: Run) -> Spec:
    """What a run asks for."""
    return spec_of_row(run.task, run.pattern, run.chosen_model, run.params, run.tools, run.config)


def submission_of_run(run: Run) -> Submission:
    """What asks for the same again; its deadline is the usual one.

    The texts of the run's prompt set stay the set's, while there is one. Raises `DetailsDeleted`.
    """
    run.check_kept(Detail.TASK)
    spec, version = spec_of_run(run), _set_of(run)
    texts = PromptTexts(spec.custom_instructions, spec.goals, spec.prompts)
    own = texts.without(version.texts) if version else texts
    return Submission(
        task=spec.task,
        pattern=spec.pattern,
        model=run.model,
        params=spec.params,
        tools=spec.tools,
        max_cost_usd=run.max_cost_usd,
        when_out_of_money=run.when_out_of_money,
        cache=run.cache,
        custom_instructions=own.custom_instructions,
        goals=own.goals,
        prompts=own.prompts,
        prompt_set=str(version) if version else "",
        roles=spec.roles,
        reasoning_effort=spec.reasoning_effort,
        verbosity=spec.verbosity,
        answer_schema=run.answer_schema,
        metadata=run.metadata,
        tags=tuple(run.tags),
        session_id=run.session_id,
        customer=run.customer,
    )


def same_again(run: Run) -> Submission:
    """What asks for the same, and for another answer."""
    asked = submission_of_run(run)
    return replace(asked, cache=CacheMode.REFRESH) if asked.cache == CacheMode.USE else asked


def _set_of(run: Run) -> PromptSetVersion | None:
    """The version whose texts a run has; None, too, where it was deleted as the run came."""
    if run.prompt_version_id is None:
        return None
    versions = PromptSetVersion.objects.select_related("prompt_set")
    return versions.filter(pk=run.prompt_version_id).first()


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
            "reasoning_effort": spec.reasoning_effort,
            "verbosity": spec.verbosity,
            "answer_schema": spec.answer_schema,
            "declared": spec.declared,
            # Of the run's own model and of its roles'.
            "providers": {model: provider_of(model).name for model in sorted(spec.models)},
        },
    }
