"""Schemas of others: what is refused, what is checked, and that every check ends."""

import time
from typing import Any

import pytest

from runs.engine.tools.schemas import TOO_COMPLEX, fault, schema_fault


def of_object(**more: Any) -> dict[str, Any]:
    return {"type": "object", **more}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (of_object(properties={"$ref": {"type": "string"}}), ""),
        (of_object(**{"$ref": "#/$defs/a", "$defs": {"a": {}}}), ""),
        (of_object(**{"$schema": "https://json-schema.org/draft/2020-12/schema"}), ""),
        ([], "no JSON object"),
        ({"type": "array"}, "not “object”"),
        ({}, "not “object”"),
        (of_object(properties={"a": {"type": "strin"}}), "no JSON Schema"),
        (of_object(properties={"a": {"$ref": "https://example.org/a"}}), "to the outside"),
        (of_object(items=[{"$dynamicRef": "file:///etc/passwd"}]), "to the outside"),
        (of_object(**{"$id": "https://example.org/a"}), "to the outside"),
        (of_object(description="x" * 17_000), "longer than"),
        (of_object(description="\0"), "can't be kept"),
        (of_object(maxProperties=10**30), "can't be kept"),
        (of_object(default=float("nan")), "can't be kept"),
    ],
)
def test_which_schemas_can_be_used(schema: Any, said: str):
    found = schema_fault(schema)
    assert (bool(found), said in found) == (bool(said), True)


def test_a_deep_schema_is_refused():
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"not": deep}
    assert "too deeply" in schema_fault(of_object(**deep))


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (of_object(required=["a"]), {}, "'a' is a required property"),
        (of_object(properties={"a": {"type": "integer"}}), {"a": "x"}, "not of type 'integer'"),
        (of_object(properties={"a": {"enum": [1, 2]}}), {"a": 3}, "not one of"),
        (of_object(additionalProperties=False), {"a": 3}, "Additional properties"),
        (of_object(properties={"a": {"$ref": "#/$defs/a"}}), {"a": 3}, "refers to nothing"),
        (of_object(properties={"a": {"pattern": "^b"}}), {"a": "c"}, ""),
        (of_object(properties={"a": {"type": "integer"}}), {"a": 3}, ""),
    ],
)
def test_what_fits(schema: Any, value: Any, said: str):
    found = fault(schema, value)
    assert (bool(found), said in found) == (bool(said), True)


DOUBLING = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(60)}
ROWS = {"a": {"items": {"enum": [[n] * 3 for n in range(1000)]}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (of_object(**{"$ref": "#"}), {}),
        (of_object(**{"$defs": DOUBLING | {"a60": {}}, "$ref": "#/$defs/a0"}), {}),
        (of_object(properties=ROWS), {"a": [[n] for n in range(9000)]}),
        (of_object(properties={"a": {"items": {"type": "string"}}}), {"a": [1] * 20_000}),
    ],
)
def test_a_check_that_would_not_end_is_given_up(schema: Any, value: Any):
    began = time.thread_time()
    assert fault(schema, value) == TOO_COMPLEX
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (of_object(properties={"a": {"pattern": "(a+)+$"}}), {"a": "a" * 40 + "b"}),
        (of_object(patternProperties={"(a+)+$": {}}, additionalProperties=False), {"a" * 40: 1}),
        (of_object(properties={"a": {"uniqueItems": True}}), {"a": [[n] for n in range(20_000)]}),
    ],
)
def test_what_can_be_made_to_hang_is_not_checked(schema: Any, value: Any):
    began = time.thread_time()
    assert fault(schema, value) == ""
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(
    "to", ["#/required/x", "#/required/abc", "#/maxProperties/x", "#/required", "#/description"]
)
def test_a_reference_to_what_is_no_schema_is_a_fault(to: str) -> None:
    schema = of_object(
        required=["a"], maxProperties=9, description="So.", properties={"a": {"$ref": to}}
    )
    assert schema_fault(schema) == ""
    assert fault(schema, {"a": 1})
