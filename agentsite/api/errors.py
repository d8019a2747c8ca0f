"""Turns whatever an API view raises into a problem; DRF and the catch-all routes use it."""

import logging
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.http.request import UnreadablePostError
from rest_framework import exceptions
from rest_framework.views import set_rollback

from agentsite.api.problems import flatten, problem
from billing.errors import BudgetExceeded, InvalidBudget
from billing.money import format_usd
from runs.errors import RunError

RETRY_AFTER_S = 5
STATUS_OF_CODE = {
    "idempotency_conflict": 409,
    "conflict": 409,
    "payload_too_large": 413,
    "unknown_pattern": 422,
    "unpriced_model": 422,
}

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
    if isinstance(exc, RunError):
        return _refused(exc)
    if isinstance(exc, BudgetExceeded | InvalidBudget):
        return _about_money(exc)
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


def _refused(exc: RunError) -> HttpResponse:
    errors = {exc.field: [exc.message]} if exc.field else {}
    return problem(STATUS_OF_CODE.get(exc.code, 400), exc.message, code=exc.code, errors=errors)


def _about_money(exc: BudgetExceeded | InvalidBudget) -> HttpResponse:
    if isinstance(exc, InvalidBudget):
        return problem(400, f"{exc.field}: {exc.message}", errors={exc.field: [exc.message]})
    headers = {"X-Budget-Remaining-USD": format_usd(exc.state.remaining_usd)}
    return problem(402, exc.message, details=exc.details, headers=headers)


def _from_below(exc: Exception) -> HttpResponse:
    """What Django, the database or a mistake of ours raised. The reader learns no internals."""
    if isinstance(exc, RequestDataTooBig):
        return problem(413, "The request is too large.")
    if isinstance(exc, SuspiciousOperation | BadRequest | UnreadablePostError):
        return problem(400, "The request can't be read.")
    if isinstance(exc, DataError):
        return problem(400, "A value is out of range.")
    if isinstance(exc, OperationalError | InterfaceError):
        logger.error("the API can't reach its database: %s", exc)
        return problem(
            503,
            "The database can't be reached. Try again soon.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    logger.error("unexpected error in the API", exc_info=exc)
    return problem(500, "Something went wrong here. It has been logged.")
