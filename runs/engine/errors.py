"""What can stop a call or a run."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

Bought = Literal["nothing", "unknown"]


class EngineError(Exception):
    """Base of the engine's own errors."""


class Fenced(EngineError):
    """Another worker owns the run; this one writes nothing more."""


class Stopped(EngineError):
    """The run has to stop: `reason` is cancelled, deadline, lost or shutdown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Paused(EngineError):
    """The run has to wait for a person: `reason` is funds or approval.

    It goes on later by replaying its journal. `needs_usd` is what its next call and its closing
    call can cost. `partial` is what it could answer now.
    """

    def __init__(self, reason: str, *, needs_usd: Decimal | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needs_usd = needs_usd
        self.partial: str | None = None


class Refused(EngineError):
    """A call may not be bought; `code` is stable (budget_exceeded, unpriced_model).

    `details` are the figures of the limit that refused it, where one did.
    """

    def __init__(
        self, code: str, message: str, details: Mapping[str, str | None] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})


class MustConclude(EngineError):
    """No further call but the closing one: `reason` is budget or deadline."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ModelRefused(EngineError):
    """The model, or the provider's content filter, declined to answer."""


class EmptyAnswer(EngineError):
    """The model said nothing, also when it was asked again."""


class ProviderError(EngineError):
    """The provider failed.

    `bought` says what the attempt can have cost: "nothing" (refused, or never sent), "unknown"
    (sent, no answer known). `retry_after` is in seconds, when the provider said so. `words` is all
    that it said, names of fields and codes included, without keys; it is read, never shown.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        bought: Bought,
        retryable: bool,
        status: int | None = None,
        retry_after: float | None = None,
        words: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.words = words
        self.bought = bought
        self.retryable = retryable
        self.status = status
        self.retry_after = retry_after
