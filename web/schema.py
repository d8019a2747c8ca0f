"""Says in the OpenAPI document that operations answer errors as problems, and which go away."""

from copy import deepcopy
from typing import Any

from drf_spectacular.openapi import AutoSchema

from web.problems import MEDIA_TYPE

TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `errors` names the fields at fault.",
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
    },
}
CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


REFUSED = {
    "description": "No token, or one that isn't valid (any more).",
    "content": CONTENT,
    "headers": {"WWW-Authenticate": _header("What is taken.") | {"required": True}},
}
NOT_FOUND = {"description": "There is no such thing, or it isn't yours.", "content": CONTENT}
ANSWER = {
    "description": "Any other error.",
    "content": CONTENT,
    "headers": {
        "Allow": _header("Of a 405: the methods that there are."),
        "Retry-After": _header("Of a 429 or 503: seconds after which to try again.", "integer"),
    },
}


class ApiSchema(AutoSchema):
    """The description of one of our views."""

    def is_deprecated(self) -> bool:
        """Where its address goes away."""
        return bool(getattr(self.view, "deprecation", None) or super().is_deprecated())


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook."""
    result["components"].setdefault("schemas", {})["Problem"] = deepcopy(PROBLEM)
    for path, operations in result["paths"].items():
        for operation in operations.values():
            answers = operation["responses"]
            answers.setdefault("401", deepcopy(REFUSED))
            if "{" in path:
                answers.setdefault("404", deepcopy(NOT_FOUND))
            answers.setdefault("default", deepcopy(ANSWER))
    return result
