"""The lean door: `POST /api/v1/runs/` with an API token, answered without Django's handler.

It answers what is usual, as Django would to the last header. A request with anything else about it
goes on to Django, before it is counted.
"""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.utils.log import log_response
from rest_framework.exceptions import Throttled
from rest_framework.renderers import JSONRenderer

from accounts.caller import Caller, remember_caller
from accounts.limits import submit_limits
from accounts.models import Scope
from runs.api.asked import checked_form, submission_in
from runs.api.queries import idempotency_key
from runs.api.views import told
from runs.intake.callers import caller_with
from runs.intake.dress import dressed
from runs.intake.submit import submit
from web.clients import client_address
from web.connections import in_any_thread
from web.exceptions import problem_response
from web.hosts import is_known
from web.measures import count
from web.parsers import StrictJSONParser
from web.rate_headers import rate_headers
from web.ratelimit import aconsume
from web.request_ids import named
from web.traces import traceparent_of

PATH = "/api/v1/runs/"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def lean_door(django: Application) -> Application:
    """An ASGI application that submits runs itself, and leaves all else to `django`."""

    async def door(scope: Message, receive: Receive, send: Send) -> None:
        if caller_and_request := await _let_in(scope):
            await _answer(*caller_and_request, receive, send)
        else:
            await django(scope, receive, send)

    return door


async def _let_in(scope: Message) -> tuple[Caller, ASGIRequest] | None:
    """The request and who makes it; None where it is Django's."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
        return None
    request = ASGIRequest(scope, BytesIO())
    if not _is_usual(request):
        return None
    caller = await caller_with(request.META["HTTP_AUTHORIZATION"])
    if caller is None or caller.lacks(Scope.RUNS_WRITE):
        return None
    remember_caller(request, caller)
    return caller, request


def _is_usual(request: ASGIRequest) -> bool:
    """True of JSON of a good length, asked for by our name and in the usual way."""
    meta = request.META
    accepts = [kind.strip() for kind in meta.get("HTTP_ACCEPT", "*/*").split(",")]
    length = meta.get("CONTENT_LENGTH", "")
    return (
        "HTTP_AUTHORIZATION" in meta
        and not meta.get("QUERY_STRING")
        and request.content_type == "application/json"
        and length.isdecimal()
        and 0 < int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        and "HTTP_TRANSFER_ENCODING" not in meta
        and ("*/*" in accepts or "application/json" in accepts)
        and ";" not in meta.get("HTTP_ACCEPT", "")
        and is_known(meta.get("HTTP_HOST", ""))
        and (request.is_secure() or not settings.SECURE_SSL_REDIRECT)
    )


async def _answer(caller: Caller, request: ASGIRequest, receive: Receive, send: Send) -> None:
    began_s = time.monotonic()
    body = await _body(receive)
    if body is None:
        return
    with named(request):
        response = await _response(caller, request, body)
        headers = dressed(request, response)
        count("POST", PATH, response.status_code, began_s)
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


async def _body(receive: Receive) -> bytes | None:
    """The whole body, which no server lets be longer than was said; None where the client left."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _response(caller: Caller, request: ASGIRequest, body: bytes) -> HttpResponse:
    """The answer; an error is the problem that it is everywhere."""
    counted = await aconsume(submit_limits(caller, client_address(request)))
    limits = rate_headers(counted) if counted else {}
    try:
        if counted and not counted.allowed:
            raise Throttled(counted.tightest.reset_s)
        response = await _submitted(caller, request, body)
    except Exception as error:
        response = problem_response(error, {})
        log_response("%s: %s", response.reason_phrase, PATH, response=response, request=request)
    for name, value in limits.items():
        response[name] = value
    return response


async def _submitted(caller: Caller, request: ASGIRequest, body: bytes) -> HttpResponse:
    form = checked_form(StrictJSONParser().parse(BytesIO(body)))
    if form.goes_on_from:
        submission = await in_any_thread(submission_in)(form, caller)
    else:
        submission = submission_in(form, caller)
    submitted = await submit(
        caller=caller,
        submission=submission,
        idempotency_key=idempotency_key(request),
        traceparent=traceparent_of(request),
    )
    if submitted.standing:
        shown, headers = told(request, submitted)
    else:
        shown, headers = await in_any_thread(told)(request, submitted)
    return HttpResponse(
        JSONRenderer().render(shown),
        status=HTTPStatus.ACCEPTED,
        headers={"Content-Type": "application/json", **headers},
    )
