"""Refuses request bodies of unknown length: to the API's views they would look empty."""

from django.http import HttpRequest, HttpResponse

from web.middleware import refusing
from web.problems import problem

PREFIX = "/api/"


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if not request.path.startswith(PREFIX):
        return None
    if request.headers.get("Content-Length") or "Transfer-Encoding" not in request.headers:
        return None
    return problem(411, "Send the length of the body in Content-Length.")


with_length = refusing(_refusal)
