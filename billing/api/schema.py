"""Says in the OpenAPI document which figures a `budget_exceeded` has."""

from typing import Any

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
FIGURES = {
    **dict.fromkeys(("scope", "limit_usd", "settled_usd", "held_usd", "requested_usd"), TEXT),
    **dict.fromkeys(("window", "timezone", "resets_at"), TEXT_OR_NULL),
}


def add_figures(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook, to be run after `web.schema.add_problems`."""
    problem = result["components"]["schemas"]["Problem"]
    problem["description"] += " A `budget_exceeded` adds its figures."
    problem["properties"].update(FIGURES)
    return result
