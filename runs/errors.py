"""What can be wrong with a request about a run; `code` is the stable code of the API."""

from web.errors import Problem


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


class UnpricedModel(RunError):
    """The model has no price, so its cost can't be bounded."""

    status = 422
    code = "unpriced_model"


class IdempotencyConflict(RunError):
    """The idempotency key was used with another body."""

    status = 409
    code = "idempotency_conflict"


class RunEnded(RunError):
    """The run has ended; what was asked for is no longer possible."""

    status = 409
    code = "conflict"
