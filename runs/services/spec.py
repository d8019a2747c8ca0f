"""A checked submission as the engine takes it."""

from runs.engine.types import Spec
from runs.services.checks import Plan
from runs.services.submission import Submission


def spec_of(submission: Submission, plan: Plan) -> Spec:
    """The engine's specification of the run that this submission would become."""
    return Spec(
        task=submission.task,
        pattern=submission.pattern,
        model=plan.model,
        params=plan.params,
        tools=plan.tools,
        custom_instructions=submission.custom_instructions,
        goals=submission.goals,
        prompts=submission.prompts,
        roles=submission.roles,
    )
