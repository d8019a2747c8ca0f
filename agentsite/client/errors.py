"""What can go wrong, as exceptions: one for each `code` that a caller may want to treat apart."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar


class AgentsiteError(Exception):
    """Anything that this client raises by itself."""


class ConnectionFailed(AgentsiteError):
    """The site can't be reached, or the connection broke and couldn't be made again."""


class NoWebSocket(AgentsiteError):
    """The site can be reached, and something on the way lets no WebSocket through."""


class UnreadableAnswer(AgentsiteError):
    """What came back is not what the site says; most often the address is another server's."""


class ApiError(AgentsiteError):
    """The site refused. `code` is stable, `detail` is a sentence, `errors` names the fields."""

    codes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, problem: Mapping[str, Any], *, status: int, retry_after: float | None = None
    ) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.errors: Mapping[str, list[str]] = problem.get("errors") or {}
        self.problem = problem
        self.retry_after = retry_after
        super().__init__(self.detail)


class Invalid(ApiError):
    """A field, a query parameter or the body can't be used."""

    codes = ("invalid", "unknown_pattern", "unsupported_media_type", "length_required")


class NotAuthenticated(ApiError):
    """No token, or one that isn't valid (any more)."""

    codes = ("not_authenticated",)


class BudgetExceeded(ApiError):
    """A hard budget has no room; the problem has its figures."""

    codes = ("budget_exceeded",)

    @property
    def remaining_usd(self) -> Decimal:
        """What the budget has left for new holds."""
        limit, settled, held = (
            Decimal(self.problem[name]) for name in ("limit_usd", "settled_usd", "held_usd")
        )
        return limit - settled - held


class PermissionDenied(ApiError):
    """The token lacks a scope."""

    codes = ("permission_denied",)


class NotFound(ApiError):
    """There is no such thing, or it isn't yours."""

    codes = ("not_found", "method_not_allowed", "not_acceptable")


class Conflict(ApiError):
    """It isn't in a state for that."""

    codes = ("conflict",)


class DetailsDeleted(ApiError):
    """What is asked for of a run was deleted by age; its cost and its status are kept."""

    codes = ("details_deleted",)


class IdempotencyConflict(ApiError):
    """The key was used with another body."""

    codes = ("idempotency_conflict",)


class PayloadTooLarge(ApiError):
    """The task, another field or the body has too many bytes."""

    codes = ("payload_too_large",)


class UnpricedModel(ApiError):
    """The model has no price, so that its cost couldn't be bounded."""

    codes = ("unpriced_model",)


class RateLimited(ApiError):
    """Too many requests; `retry_after` says when to come back."""

    codes = ("rate_limited",)


class Unavailable(ApiError):
    """The site or the model can't work at present."""

    codes = ("unavailable", "model_unavailable")


class ServerFault(ApiError):
    """A mistake of the site."""

    codes = ("internal_error",)


BY_CODE: dict[str, type[ApiError]] = {
    code: kind for kind in ApiError.__subclasses__() for code in kind.codes
}


def api_error(
    problem: Mapping[str, Any], *, status: int, retry_after: float | None = None
) -> ApiError:
    """The exception for a problem; a code of a newer site is a plain `ApiError`."""
    kind = BY_CODE.get(str(problem.get("code", "")), ApiError)
    return kind(problem, status=status, retry_after=retry_after)
