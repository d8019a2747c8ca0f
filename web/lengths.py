"""Refuses request bodies that are too long, and to the API those of unknown length.

To the API's views the latter would look empty.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from web.middleware import refusing
from web.openai_errors import as_openai
from web.problems import API_PREFIXES, problem


def too_long(path: str) -> HttpResponse:
    """The answer to a body that is longer than the site takes."""
    text = "The request is too large."
    if path.startswith(API_PREFIXES):
        return as_openai(path, problem(413, text))
    return HttpResponse(text, status=413, content_type="text/plain")


def _refusal(request: HttpRequest) -> HttpResponse | None:
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return too_long(request.path)
    if length or not request.path.startswith(API_PREFIXES):
        return None
    if "Transfer-Encoding" not in request.headers:
        return None
    return problem(411, "Send the length of the body in Content-Length.")


# Nothing was read yet: the sender need not be known, and gets no memory.
with_length = refusing(_refusal)
