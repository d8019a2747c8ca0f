"""Says in the OpenAPI document that every operation answers errors as problems."""

from typing import Any

from agentsite.api.problems import MEDIA_TYPE

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
# Only a `budget_exceeded` has these.
FIGURES = {
    **dict.fromkeys(("scope", "limit_usd", "settled_usd", "held_usd", "requested_usd"), TEXT),
    **dict.fromkeys(("window", "timezone", "resets_at"), TEXT_OR_NULL),
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `errors` names the fields at fault. "
    "A `budget_exceeded` adds its figures.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": TEXT,
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": TEXT},
        },
        **FIGURES,
    },
}
ANSWER = {
    "description": "An error.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", ANSWER)
    return result
