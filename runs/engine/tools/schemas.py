"""JSON Schemas that nobody here wrote: whether they can be used, and checks that always end.

Patterns aren't checked, as they can be made to hang; nor are the rare keywords whose check looks
through the schema on its own. Whoever declared the schema checks its whole again.
"""

import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import jsonschema
import orjson
from referencing import Registry
from referencing.exceptions import Unresolvable

from runs.engine.model_json import too_deep

MAX_SCHEMA_BYTES = 16 * 1024
# Keywords looked at in one check, each with its size. A thousand take some hundredths of a second.
MAX_LOOKS = 2000
LOOKS_OF_A_REFERENCE = 5
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef", "$schema")
UNCHECKED = (
    "$dynamicRef",
    "pattern",
    "patternProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
)
TOO_COMPLEX = "it is too complex to be checked"

Check = Callable[[Any, Any, Any, Any], Iterator[Any] | None]

_looks_left: ContextVar[int] = ContextVar("looks_left")


class _TooComplex(Exception):
    """All looks are used up."""


def schema_fault(schema: Any, *, of_object: bool = True) -> str:
    """Why a schema can't be used; empty where it can."""
    if not isinstance(schema, dict):
        return "it is no JSON object"
    if of_object and schema.get("type") != "object":
        return "its type is not “object”"
    if too_deep(schema):
        return "it is nested too deeply"
    try:
        json.dumps(schema, allow_nan=False)
        written = orjson.dumps(schema)
    except (TypeError, ValueError):
        return "it has numbers or characters that can't be kept"
    if len(written) > MAX_SCHEMA_BYTES:
        return f"it is longer than {MAX_SCHEMA_BYTES:,} bytes"
    if b"\\u0000" in written:
        return "it has characters that can't be kept"
    if outside := next(_outside(schema), ""):
        return f"it refers to the outside: {outside[:80]}"
    return _dialect_fault(schema)


def _dialect_fault(schema: dict[str, Any]) -> str:
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return f"it is no JSON Schema 2020-12: {error.message[:200]}"
    except RecursionError:
        return TOO_COMPLEX
    return ""


def fault(schema: dict[str, Any], value: Any, *, looks: int = MAX_LOOKS) -> str:
    """What doesn't fit; empty where all does. Ends soon, whatever the two are."""
    token = _looks_left.set(looks)
    try:
        errors = BoundedValidator(schema, registry=Registry()).iter_errors(value)
        problem = jsonschema.exceptions.best_match(errors)
    except (_TooComplex, RecursionError):
        return TOO_COMPLEX
    except Unresolvable:
        return "its schema refers to nothing"
    except Exception:
        # A reference leads to what is no schema, and the library trusts it.
        return "its schema can't be followed"
    finally:
        _looks_left.reset(token)
    return "" if problem is None else str(problem.message)


def _outside(part: Any) -> Iterator[str]:
    """References to other documents. That of the dialect is the only one that names itself."""
    if isinstance(part, dict):
        for name in REFERENCES:
            to = part.get(name)
            if isinstance(to, str) and not to.startswith(("#", "https://json-schema.org/")):
                yield to
        if isinstance(part.get("$id"), str):
            yield part["$id"]
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for one in inner:
        yield from _outside(one)


def _counted(check: Check, looks: Callable[[Any], int] = lambda value: 1) -> Check:
    """The check of a keyword, for so many looks by its value."""

    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any] | None:
        left = _looks_left.get() - looks(value)
        _looks_left.set(left)
        if left < 0:
            raise _TooComplex
        return check(validator, value, instance, schema)

    return counted


def _unchecked(validator: Any, value: Any, instance: Any, schema: Any) -> None:
    """Not looked at."""


def _additional(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any] | None:
    """As it is, but beside patterns of names, which aren't checked, anything may stand."""
    if "patternProperties" in schema:
        return None
    return STANDARD["additionalProperties"](validator, value, instance, schema)


STANDARD: dict[str, Check] = dict(jsonschema.Draft202012Validator.VALIDATORS)
LOOKS: dict[str, Callable[[Any], int]] = {
    "$ref": lambda value: LOOKS_OF_A_REFERENCE,
    # A value is compared with these, however large they are; the others list names.
    "const": lambda value: 1 + len(orjson.dumps(value)) // 16,
    "enum": lambda value: 1 + len(orjson.dumps(value)) // 16,
    "properties": len,
    "required": len,
}
BoundedValidator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {
        **{name: _counted(check) for name, check in STANDARD.items()},
        **{name: _counted(STANDARD[name], looks) for name, looks in LOOKS.items()},
        **dict.fromkeys(UNCHECKED, _counted(_unchecked)),
        "additionalProperties": _counted(_additional),
    },
)
