"""What the OpenAPI document says of runs beside what their views say."""

from copy import deepcopy
from typing import Any

RUN = "#/components/schemas/Run"
REFERENCE = "RunReference"
LIMITED = {
    *("agent_run", "agent_submit", "runs_create", "runs_rerun"),
    *("alerts_test", "webhooks_test", "webhook_deliveries_replay"),
}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


# Of every answer to a call that is limited, an error or not.
COUNTED = {
    "X-RateLimit-Limit": _header("Requests of a period, of the tightest limit.", "integer"),
    "X-RateLimit-Remaining": _header("Those that are left.", "integer"),
    "X-RateLimit-Reset": _header("Seconds until there are all again.", "integer"),
    "RateLimit": _header("What is left of each limit, the tightest first."),
    "RateLimit-Policy": _header("All limits, in the same order."),
}


def add_limits(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook, to be run after `web.schema.add_problems`."""
    for operations in result["paths"].values():
        for operation in operations.values():
            if operation["operationId"] in LIMITED:
                for answer in operation["responses"].values():
                    answer.setdefault("headers", {}).update(deepcopy(COUNTED))
    return result


def add_references(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: a token may be told of a run in few words only."""
    schemas = result["components"]["schemas"]
    run = schemas["Run"]["properties"]
    schemas[REFERENCE] = {
        "type": "object",
        "description": "All that a token without `runs:read` is told of a run.",
        "required": ["id", "status", "links"],
        "properties": {name: run[name] for name in ("id", "status", "links")},
    }
    told = {"anyOf": [{"$ref": RUN}, {"$ref": f"#/components/schemas/{REFERENCE}"}]}
    for operations in result["paths"].values():
        for operation in operations.values():
            accepted = operation["responses"].get("202", {}).get("content", {})
            for body in accepted.values():
                if body["schema"] == {"$ref": RUN}:
                    body["schema"] = told
    return result
