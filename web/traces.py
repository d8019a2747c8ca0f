"""The trace that a request is a part of, by the W3C's Trace Context."""

import re

from django.http import HttpRequest
from rest_framework.request import Request

# version-trace-span-flags; neither id is all zeros, and no version is ff.
TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def trace_id_of(traceparent: str) -> str:
    """The trace that a `traceparent` names; empty where there is none."""
    return traceparent.split("-")[1] if traceparent else ""


def traceparent_of(request: HttpRequest | Request) -> str:
    """The `traceparent` header; empty where there is none, or none that can be read."""
    given = request.headers.get("traceparent", "").strip()
    return given if TRACEPARENT.fullmatch(given) else ""
