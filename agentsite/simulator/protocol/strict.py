"""What ``strict: true`` asks of a JSON schema: a bad one fails here as it does at OpenAI."""

from typing import Any

from .errors import bad_request


def check_strict_schema(schema: Any, owner: str) -> None:
    """Raise a 400 unless each object lists all its properties and allows no others."""
    if not isinstance(schema, dict):
        raise bad_request(f"Invalid schema for {owner}: expected an object.", code="invalid_schema")
    _check(schema, owner, ())


def _check(schema: dict[str, Any], owner: str, path: tuple[str, ...]) -> None:
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        if schema.get("additionalProperties") is not False:
            raise _invalid(owner, path, "'additionalProperties' is required to be false")
        missing = set(properties or ()) - set(schema.get("required") or ())
        if missing:
            raise _invalid(owner, path, f"'required' must list every property: {sorted(missing)}")
    for key, child in _children(schema):
        _check(child, owner, (*path, key))


def _children(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for group in ("properties", "$defs", "definitions"):
        found += [(key, child) for key, child in (schema.get(group) or {}).items()]
    if isinstance(schema.get("items"), dict):
        found.append(("items", schema["items"]))
    found += [(str(index), child) for index, child in enumerate(schema.get("anyOf") or ())]
    return [(key, child) for key, child in found if isinstance(child, dict)]


def _invalid(owner: str, path: tuple[str, ...], reason: str) -> Exception:
    message = f"Invalid schema for {owner}: In context={path!r}, {reason}."
    return bad_request(message, "response_format", "invalid_schema")
