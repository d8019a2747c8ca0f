"""Answers are for the one who asked: no cache on the way or in the browser keeps them."""

from django.http.response import HttpResponseBase

from web.middleware import finishing

NEVER = "no-store, private"


def _finish(response: HttpResponseBase) -> None:
    response.headers.setdefault("Cache-Control", NEVER)


# An answer that says nothing else about caches is stored nowhere.
never_stored = finishing(_finish)
