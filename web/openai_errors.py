"""Errors under /v1/ in OpenAI's shape: whatever made them, they are changed on their way out."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from web.middleware import reshaping
from web.problems import CODES, MEDIA_TYPE
from web.rate_headers import openai_rate_headers

PREFIX = "/v1/"
# The words of OpenAI's clients for what has a word of our own.
CODES_THERE = {
    "budget_exceeded": "insufficient_quota",
    "not_authenticated": "invalid_api_key",
    "permission_denied": "insufficient_permissions",
    "rate_limited": "rate_limit_exceeded",
}
TYPES = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
# What a field of a submit is called there; nothing has the same name in both.
PARAMS = {
    "task": {"chat/completions": "messages", "responses": "input"},
    "answer_schema": {"chat/completions": "response_format", "responses": "text.format"},
    "custom_instructions": {"chat/completions": "messages", "responses": "instructions"},
    "params": {"chat/completions": "messages", "responses": "input"},
    "params.max_output_tokens": {"chat/completions": "max_completion_tokens"},
}
OWN = frozenset({"type", "title", "status", "detail", "code", "errors"})


def openai_error(
    status: int, code: str, message: str, param: str | None = None, **details: Any
) -> dict[str, Any]:
    """The body of an error. `details` are the figures of ours, which go beside."""
    kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    error = {
        "message": message,
        "type": kind,
        "param": param,
        "code": CODES_THERE.get(code, code),
    }
    return {"error": error | ({"agentsite": details} if details else {})}


def as_openai(path: str, response: HttpResponse) -> HttpResponse:
    """A problem in OpenAI's shape, where it answers a request under /v1/."""
    if path.startswith(PREFIX) and response.status_code >= 400:
        body = _reshaped(path, response)
        response.content = json.dumps(body).encode()
        response["Content-Type"] = "application/json"
        response["Content-Length"] = str(len(response.content))
    return response


def _reshaped(path: str, response: HttpResponse) -> dict[str, Any]:
    status = response.status_code
    if response.get("Content-Type", "").startswith(MEDIA_TYPE):
        problem = json.loads(response.content)
        details = {name: value for name, value in problem.items() if name not in OWN}
        param = _param(path, problem["errors"])
        return openai_error(status, problem["code"], problem["detail"], param, **details)
    return openai_error(status, CODES.get(status, "invalid"), HTTPStatus(status).phrase)


def _param(path: str, errors: Mapping[str, Any]) -> str | None:
    name = next(iter(errors), None)
    if name is None or name == "body":
        return None
    there = PARAMS.get(name, {})
    return there.get(path.removeprefix(PREFIX).strip("/"), name.removeprefix("params."))


def _reshape(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if not request.path.startswith(PREFIX):
        return response
    if "X-RateLimit-Limit" in response.headers:
        for name, value in openai_rate_headers(response.headers).items():
            response[name] = value
    if response.status_code < 400 or not isinstance(response, HttpResponse):
        return response
    if response.get("Content-Type", "").startswith("application/json"):
        return response
    return as_openai(request.path, response)


in_openai_shape = reshaping(_reshape)
