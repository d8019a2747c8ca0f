"""What can be wrong with a request about a run; `code` is the stable code of the API."""

from collections.abc import Mapping

from web.errors import Problem

PAUSE_LOOK_S = 60


class RunError(Problem):
    """Base of what a run can be refused for."""


class InvalidSubmission(RunError):
    """A field's value can't be used."""


class TaskTooLarge(InvalidSubmission):
    """The task has more bytes than this site takes."""

    status = 413
    code = "payload_too_large"


class SubmissionTooLarge(InvalidSubmission):
    """What goes beside the task has more bytes than this site keeps."""

    status = 413
    code = "payload_too_large"


class UnknownPattern(RunError):
    """No pattern has this key."""

    status = 422
    code = "unknown_pattern"


class NameTaken(RunError):
    """Something else of the user's has this name."""

    status = 409
    code = "conflict"


class UnpricedModel(RunError):
    """The model has no price, so its cost can't be bounded."""

    status = 422
    code = "unpriced_model"


class ModelUnavailable(RunError):
    """The model isn't called: its calls keep failing for now, or it was shut down."""

    status = 503
    code = "model_unavailable"

    def __init__(self, message: str, *, field: str, retry_after_s: int | None) -> None:
        super().__init__(message, field=field)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> Mapping[str, str]:
        """When the model is tried again, if ever."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


class NotTakenIn(RunError):
    """Staff take such runs in no more, for now. Its message is their reason, after `words`."""

    status = 503
    code = "unavailable"
    words: str

    @property
    def detail(self) -> str:
        """That nothing is wrong with the request, and why."""
        return f"{self.words}: {self.message}"

    @property
    def headers(self) -> Mapping[str, str]:
        """Nobody knows how long; soon enough to be worth a look."""
        return {"Retry-After": str(PAUSE_LOOK_S)}


class IntakePaused(NotTakenIn):
    """New runs are paused."""

    words = "New runs are paused"


class Stopped(NotTakenIn):
    """A kill switch is pulled for what was asked."""

    words = "Stopped by the kill switch"


class TokenPaused(RunError):
    """The token's spend rose so much that its submits are refused until its owner resumes it."""

    status = 403
    code = "token_paused"


class CallerGone(RunError):
    """Who asks was let in, and is deleted meanwhile."""

    status = 401
    code = "not_authenticated"

    @property
    def headers(self) -> Mapping[str, str]:
        """What is taken."""
        return {"WWW-Authenticate": "Token"}


class NoSuchRun(RunError):
    """There is no such run, or it is someone else's."""

    status = 404
    code = "not_found"


class InvalidFork(InvalidSubmission):
    """A run can't go on from there."""

    status = 422


class RunGoesOn(RunError):
    """The run has not ended yet; what was asked for is possible then."""

    status = 409
    code = "conflict"


class IdempotencyConflict(RunError):
    """The idempotency key was used with another body."""

    status = 422
    code = "idempotency_conflict"


class NotWaiting(RunError):
    """The run doesn't wait for what was said, or what was said before says otherwise."""

    status = 409
    code = "conflict"


class NothingRecorded(RunError):
    """There is no cassette of the run."""

    status = 409
    code = "conflict"


class RunEnded(RunError):
    """The run has ended; what was asked for is no longer possible."""

    status = 409
    code = "conflict"


class DetailsDeleted(RunError):
    """What is asked for was deleted by age. The run itself, its cost and its status are kept."""

    status = 410
    code = "details_deleted"
