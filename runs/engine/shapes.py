"""Parts of the JSON schemas in which models answer."""

from typing import Any

TEXT = {"type": "string"}


def listed(items: dict[str, Any]) -> dict[str, Any]:
    """A list of these."""
    return {"type": "array", "items": items}


def shape(**properties: Any) -> dict[str, Any]:
    """An object with exactly these properties, as strict endpoints want it."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
