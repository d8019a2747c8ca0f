"""Answers outside any view: problems to programs, pages everywhere else.

Django may call these in any thread, and a page's frame asks the database.
"""

import sys
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.template import loader
from django.urls import Resolver404, resolve
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from web.connections import releasing
from web.exceptions import RETRY_AFTER_S, internal_error
from web.outages import is_outage
from web.problems import API_PREFIXES, problem
from web.request_ids import current_id


@csrf_exempt
def no_such_address(request: HttpRequest) -> HttpResponse:
    """The last route of an API: it answers before Django would redirect or show a page."""
    with_slash = f"{request.path}/"
    try:
        found = resolve(with_slash).func is not no_such_address
    except Resolver404:
        found = False
    hint = f" Did you mean {with_slash}?" if found else ""
    return problem(404, f"There is nothing at this address.{hint}")


@releasing
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler400."""
    if request.path.startswith(API_PREFIXES):
        return problem(400, "The request can't be read.")
    # Not Django's own: that would read the form again which can't be read.
    return HttpResponseBadRequest(loader.get_template("400.html").render())


@releasing
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler403."""
    if request.path.startswith(API_PREFIXES):
        return problem(403, "You may not do this.")
    return defaults.permission_denied(request, exception)


@releasing
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler404."""
    if request.path.startswith(API_PREFIXES):
        return problem(404, "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


@releasing
def server_error(request: HttpRequest, *args: Any) -> HttpResponseBase:
    """handler500; a value out of range is 400, and a page whose database is away is only late."""
    if request.path.startswith(API_PREFIXES):
        return problem(500, internal_error())
    error = sys.exception()
    if isinstance(error, DataError):
        return bad_request(request, error)
    if is_outage(error):
        page = loader.get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    page = loader.get_template("500.html").render({"request_id": current_id()})
    return HttpResponse(page, status=500)
