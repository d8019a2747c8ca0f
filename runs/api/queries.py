"""What requests say outside their body: query parameters and headers."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

MAX_WAIT_S = 60
MAX_KEY = 255
MAX_SEQ = 2**31 - 1


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


def idempotency_key(request: Request) -> str | None:
    """The `Idempotency-Key` header; None without one. Raises `ValidationError`."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not key.strip() or len(key) > MAX_KEY or "\0" in key:
        message = f"A key has 1 to {MAX_KEY} characters."
        raise serializers.ValidationError({"Idempotency-Key": [message]})
    return key
