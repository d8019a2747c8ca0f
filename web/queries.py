"""Query parameters: what no view declares is refused, so that a misspelt one never does nothing."""

from collections.abc import Collection

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Raise `ValidationError` naming each query parameter that would do nothing."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise ValidationError({name: ["Unknown parameter."] for name in unknown})
