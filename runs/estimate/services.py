"""What a submission would come to, checked as a submit is. Nothing runs."""

from uuid import UUID

from accounts.models import User
from runs.estimate.selectors import Estimate, estimate
from runs.services.checks import checked
from runs.submission import Submission


def estimate_run(*, owner: User, submission: Submission, api_token_id: UUID | None) -> Estimate:
    """Estimate calls and cost.

    Raises `InvalidSubmission`, `UnknownPattern`, `UnpricedModel`, as `submit_run` does.
    """
    plan = checked(submission)
    return estimate(
        plan.spec,
        plan.prices,
        max_cost_usd=submission.max_cost_usd,
        owner_id=owner.pk,
        api_token_id=api_token_id,
    )
