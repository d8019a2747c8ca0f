"""What can be wrong with a request about a run; `code` is the stable code of the API."""


class RunError(Exception):
    """Base: a `code`, a sentence for the reader, and the field that is at fault, if one is."""

    code = "invalid"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidSubmission(RunError):
    """A field's value can't be used."""


class TaskTooLarge(InvalidSubmission):
    """The task has more bytes than this site takes."""

    code = "payload_too_large"


class UnknownPattern(RunError):
    """No pattern has this key."""

    code = "unknown_pattern"


class UnpricedModel(RunError):
    """The model has no price, so its cost can't be bounded."""

    code = "unpriced_model"


class IdempotencyConflict(RunError):
    """The idempotency key was used with another body."""

    code = "idempotency_conflict"


class RunEnded(RunError):
    """The run has ended; what was asked for is no longer possible."""

    code = "conflict"
