"""The estimate of the composer's form as it is filled in."""

from dataclasses import replace

from accounts.models import User
from runs.catalogue.presenter import calls_range
from runs.errors import RunError
from runs.estimate.presenter import EstimateWords, in_words
from runs.estimate.services import auto_of, estimate_run
from runs.forms.composer import ComposerForm
from runs.services.auto import AUTO
from runs.submission import Submission


def estimate_of_form(user: User, form: ComposerForm) -> EstimateWords | None:
    """None without a known pattern; calls alone while the form can't be submitted."""
    params = form.chosen_params
    if params is None:
        return None
    calls = calls_range(params.pattern, params.filled)
    submission = form.asked()
    if submission is None:
        return EstimateWords(calls, calls)
    return _with_auto(user, _estimated(user, submission, calls), submission)


def _estimated(user: User, submission: Submission, calls: str) -> EstimateWords:
    try:
        found = estimate_run(owner=user, submission=submission, api_token_id=None)
    except RunError as error:
        return EstimateWords(calls, calls, basis=str(error))
    return in_words(found, calls)


def _with_auto(user: User, words: EstimateWords, submission: Submission) -> EstimateWords:
    """With what `auto` would take, also while another model is chosen."""
    choice = auto_of(user, submission)
    if choice is None:
        return words
    said = f"Auto takes {choice.model}. {choice.reason}" if submission.model == AUTO else ""
    return replace(words, auto=choice.model, routing=said)
