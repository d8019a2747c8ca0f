"""What a message says: its type, when that came true, and ids, figures and links."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.conf import settings
from django.urls import reverse

MAX_BYTES = 20_000


def payload_of(kind: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    """The message as JSON has it. It is the same at each attempt."""
    told = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"type": kind, "timestamp": told, "data": {**data, "links": _links(data)}}


def body_of(kind: str, at: datetime, data: dict[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return orjson.dumps(payload_of(kind, at, data))


def _links(data: dict[str, Any]) -> dict[str, str]:
    """Where more is to be read; paths, where the site doesn't know its own address."""
    if "alert_id" in data:
        paths = {"self": reverse("api:alert-list"), "html": reverse("runs:alerts")}
    elif run := data.get("run_id"):
        paths = {
            "self": reverse("api:run-detail", args=[run]),
            "html": reverse("runs:detail", args=[run]),
        }
    elif "budget_id" in data:
        paths = {"self": reverse("api:budget-list"), "html": reverse("billing:budgets")}
    else:
        webhook = data["webhook_id"]
        paths = {
            "self": reverse("api:webhook-detail", args=[webhook]),
            "html": reverse("runs:webhook", args=[webhook]),
        }
    return {name: settings.PUBLIC_URL + path for name, path in paths.items()}
