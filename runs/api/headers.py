"""The headers of answers about runs, as the OpenAPI document has them."""

from drf_spectacular.utils import OpenApiParameter


def _told(name: str, description: str, *statuses: int) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, "header", description=description, response=[str(one) for one in statuses]
    )


def budget_left(*statuses: int) -> OpenApiParameter:
    """Of answers that say what is left."""
    return _told(
        "X-Budget-Remaining-USD", "Of the tightest hard budget, if there is one.", *statuses
    )


def replayed(*statuses: int) -> OpenApiParameter:
    """Of answers that were given before."""
    return _told("Idempotency-Replayed", "`true` where the key had been used before.", *statuses)


SUBMITTED = (
    _told("Location", "The run's address.", 202),
    replayed(200, 202),
    budget_left(200, 202),
)
