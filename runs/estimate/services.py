"""What a submission would come to, checked as a submit is. Nothing runs."""

from dataclasses import replace
from uuid import UUID

from accounts.models import User
from runs.auto.tiers import Choice
from runs.cache.answers import kept_answer
from runs.cache.digest import digest_for
from runs.errors import RunError
from runs.estimate.selectors import NOTHING, Estimate, estimate
from runs.services.auto import AUTO
from runs.services.checks import checked
from runs.services.fork import forking_of
from runs.services.prompt_sets import with_prompts
from runs.submission import Submission


def estimate_run(*, owner: User, submission: Submission, api_token_id: UUID | None) -> Estimate:
    """Estimate calls and cost.

    Raises what `submit_run` does for such a submission. Of a fork, it is a whole run's estimate
    with what is taken over beside it.
    """
    forking = forking_of(owner, submission)
    plan = checked(with_prompts(owner=owner, submission=submission).submission)
    digest = digest_for(submission, plan.spec)
    if kept_answer(owner_id=owner.pk, cache=submission.cache, digest=digest):
        return replace(NOTHING, model=plan.spec.model, reason=plan.reason)
    found = estimate(
        plan.spec,
        plan.prices,
        max_cost_usd=submission.max_cost_usd,
        owner_id=owner.pk,
        api_token_id=api_token_id,
    )
    return replace(
        found,
        model=plan.spec.model,
        reason=plan.reason,
        taken=forking.taken if forking else None,
    )


def auto_of(owner: User, submission: Submission) -> Choice | None:
    """What `auto` would take for a submission, whatever model it names; None where it can't be."""
    try:
        whole = with_prompts(owner=owner, submission=submission).submission
        return checked(replace(whole, model=AUTO)).choice
    except RunError:
        return None
