"""The estimate of the composer's form as it is filled in."""

from accounts.models import User
from runs.catalogue.presenter import calls_range
from runs.errors import RunError
from runs.estimate.presenter import EstimateWords, in_words
from runs.estimate.services import estimate_run
from runs.forms import ComposerForm


def estimate_of_form(user: User, form: ComposerForm) -> EstimateWords | None:
    """None without a known pattern; calls alone while the form can't be submitted."""
    params = form.chosen_params
    if params is None:
        return None
    calls = calls_range(params.pattern, params.filled)
    submission = form.asked()
    if submission is None:
        return EstimateWords(calls, calls)
    try:
        found = estimate_run(owner=user, submission=submission, api_token_id=None)
    except RunError as error:
        return EstimateWords(calls, calls, basis=str(error))
    return in_words(found, calls)
