"""The one shape of every API error: `application/problem+json` (RFC 9457) with a stable `code`."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpResponse

# Where each type of problem is explained, by its code.
TYPES = "/api/docs/problems/"
MEDIA_TYPE = "application/problem+json"
# What is under these is for programs.
API_PREFIXES = ("/api/", "/v1/", "/agent/")
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    411: "length_required",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, str | None] | None = None,
) -> HttpResponse:
    """An error answer. It needs no content negotiation, so it can be given at any point.

    `details` are fields of their own beside these.
    """
    code = code or CODES.get(status, "invalid")
    body = {
        "type": f"{settings.PUBLIC_URL}{TYPES}#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": dict(errors or {}),
        **(details or {}),
    }
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE, headers=headers)


def flatten(errors: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """DRF's nested errors as (dotted field, messages); what belongs to no field is `body`."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from flatten(inner, ".".join(part for part in (path, own) if part))
    elif isinstance(errors, list) and any(isinstance(one, Mapping | list) for one in errors):
        for position, inner in enumerate(errors):
            if inner:
                yield from flatten(inner, f"{path}.{position}" if path else str(position))
    else:
        messages = errors if isinstance(errors, list) else [errors]
        yield path or "body", [str(message) for message in messages]
