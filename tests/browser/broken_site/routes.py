"""The site's routes, and some that raise an error."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from agentsite import urls

ERRORS = {
    "broken": RuntimeError("a mistake of ours"),
    "malformed": SuspiciousOperation("a mistake of theirs"),
    "forbidden": PermissionDenied("none of theirs"),
    "away": OperationalError("a database that is away"),
}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    """Raise the error of this name."""
    raise ERRORS[name]


urlpatterns = [path("fail/<str:name>/", fail), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
