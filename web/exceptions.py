"""Turns whatever an API view raises into a problem."""

import logging
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DataError
from django.http import Http404, HttpResponse
from django.http.request import UnreadablePostError
from rest_framework import exceptions
from rest_framework.views import set_rollback

from web.errors import Problem
from web.outages import is_outage
from web.problems import flatten, problem
from web.request_ids import current_id

RETRY_AFTER_S = 5

logger = logging.getLogger(__name__)


def problem_response(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler: every exception becomes a problem, also the unexpected ones."""
    set_rollback()
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, exceptions.APIException):
        return _expected(exc)
    if isinstance(exc, Problem):
        return _refused(exc)
    return _from_below(exc)


def _expected(exc: exceptions.APIException) -> HttpResponse:
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    headers.update(getattr(exc, "headers", {}))
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(exc)
    code = {"not_acceptable": "not_acceptable"}.get(exc.default_code, "")
    return problem(exc.status_code, str(exc.detail), code=code, headers=headers)


def _invalid(exc: exceptions.ValidationError) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for name, messages in flatten(exc.detail):
        errors.setdefault(name, []).extend(messages)
    name, messages = next(iter(errors.items()))
    return problem(400, f"{name}: {messages[0]}", errors=errors)


def _refused(exc: Problem) -> HttpResponse:
    """What an app refused: its error says how."""
    return problem(
        exc.status,
        exc.detail,
        code=exc.code,
        errors={exc.field: [exc.message]} if exc.field else {},
        headers=exc.headers,
        details=exc.details,
    )


def internal_error() -> str:
    """What a reader is told of a mistake of ours, with what finds it in the log."""
    return f"Something went wrong here. It has been logged as {current_id()}."


def _from_below(exc: Exception) -> HttpResponse:
    """What Django, the database or a mistake of ours raised. The reader learns no internals."""
    if isinstance(exc, RequestDataTooBig):
        return problem(413, "The request is too large.")
    if isinstance(exc, SuspiciousOperation | BadRequest | UnreadablePostError):
        return problem(400, "The request can't be read.")
    if isinstance(exc, DataError):
        return problem(400, "A value is out of range.")
    if is_outage(exc):
        logger.error("the API can't reach its database: %s", exc)
        return problem(
            503,
            "The database can't be reached. Try again soon.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    logger.error("unexpected error in the API", exc_info=exc)
    return problem(500, internal_error())
