"""What requests say outside their body: query parameters and headers."""

import re
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.request import Request

MAX_WAIT_S = 60
MAX_KEY = 255
MAX_SEQ = 2**31 - 1
QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
ESCAPED = re.compile(r'\\(["\\])')


class SubmitQuery(serializers.Serializer[Any]):
    """How long a submit's answer may be held."""

    wait = serializers.IntegerField(
        min_value=0, max_value=MAX_WAIT_S, default=0, help_text="Seconds to wait for the end."
    )


class EventQuery(serializers.Serializer[Any]):
    """Where to begin in a run's events."""

    after = serializers.IntegerField(
        min_value=0, max_value=MAX_SEQ, default=0, help_text="The last `seq` already seen."
    )


def last_seen(request: Request) -> int:
    """The last `seq` seen. A reconnecting client's `Last-Event-ID` is newer than its address."""
    last = request.headers.get("Last-Event-ID")
    query = EventQuery(data=request.query_params if last is None else {"after": last})
    query.is_valid(raise_exception=True)
    seq: int = query.validated_data["after"]
    return seq


def idempotency_key(request: HttpRequest | Request) -> str | None:
    """The `Idempotency-Key` header; None without one. Raises `ValidationError`."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    key = unquoted(header)
    if not key.strip() or len(key) > MAX_KEY or "\0" in key:
        message = f"A key has 1 to {MAX_KEY} characters."
        raise serializers.ValidationError({"Idempotency-Key": [message]})
    return key


def unquoted(header: str) -> str:
    """The key of a header: as a string of RFC 8941, which the draft asks for, or as it is."""
    quoted = QUOTED.fullmatch(header.strip())
    return ESCAPED.sub(r"\1", quoted[1]) if quoted else header
