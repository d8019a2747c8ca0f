"""Which JSON schemas are taken for an answer, what is made of them, and that none of them hangs."""

import time
from typing import Any

import jsonschema
import orjson
import pytest

from runs.engine.answer_schema import MAX_BYTES, Unusable, portable, ready
from runs.engine.form import Form

TEXT = {"type": "string"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


def fault(schema: Any) -> str:
    with pytest.raises(Unusable) as caught:
        ready(schema)
    return str(caught.value)


def test_objects_are_closed_and_what_may_be_null_is_required():
    schema = thing(name=TEXT) | {"properties": {"name": TEXT, "age": {"type": ["integer", "null"]}}}
    made = ready(schema)
    assert made["required"] == ["name", "age"]
    assert made["additionalProperties"] is False


def test_references_are_filled_in():
    schema = thing(home={"$ref": "#/$defs/place", "description": "Where it lives."})
    made = ready(schema | {"$defs": {"place": thing(town=TEXT)}})
    home = made["properties"]["home"]
    assert "$defs" not in made
    assert home["properties"] == {"town": TEXT}
    assert home["description"] == "Where it lives."


def test_properties_keep_their_order():
    assert [*ready(thing(reasons=TEXT, answer=TEXT, a=TEXT))["properties"]] == [
        "reasons",
        "answer",
        "a",
    ]


def test_a_model_of_pydantic_is_taken_as_it_is():
    from pydantic import BaseModel, ConfigDict, Field

    class Place(BaseModel):
        town: str = Field(description="Its name")

    class Report(BaseModel):
        model_config = ConfigDict(title="My report!")
        places: list[Place] = Field(min_length=1)
        note: str | None = None

    made = ready(Report.model_json_schema())
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["required"] == ["places", "note"]
    assert portable(made)["properties"]["places"]["items"]["required"] == ["town"]


def test_endpoints_are_sent_only_what_all_of_them_know():
    made = ready(thing(kind={"const": "a"}, n={"type": "integer", "minimum": 1, "title": "N"}))
    sent = portable(made)
    assert sent["properties"] == {"kind": {"enum": ["a"]}, "n": {"type": "integer"}}
    assert Form(orjson.dumps(made).decode()).faults({"kind": "b", "n": 0}) == [
        "At $.kind: 'a' was expected.",
        "At $.n: 0 is less than the minimum of 1.",
    ]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "the answer has to be an object"),
        ({"type": "array", "items": TEXT}, "the answer has to be an object"),
        ({"type": "object", "anyOf": [thing(a=TEXT)]}, "can’t be anyOf"),
        ({"type": "object"}, "an object names its properties"),
        (thing(a={}), "$.a: say its type"),
        (thing(a={"type": "array"}), "$.a: a list says what its items are"),
        (thing(a=TEXT) | {"required": []}, "$.a: it has to be required"),
        (thing(a=TEXT) | {"required": ["a", "b"]}, "no property “b” to require"),
        (thing(a=TEXT) | {"additionalProperties": True}, "additionalProperties has to be false"),
        (thing(a={"type": "text"}), "$.a: its type is one of array, boolean"),
        (thing(a={"type": []}), "$.a: its type is one of"),
        (thing(a={"type": [["string"]]}), "$.a: its type is one of"),
        (thing(a=TEXT | {"minLength": "x"}), "$.a: minLength is a whole number"),
        (thing(a=TEXT | {"minLength": -1}), "$.a: minLength can’t be -1"),
        (thing(a={"type": "number", "minimum": True}), "$.a: minimum is a number"),
        (thing(a={"type": "number", "multipleOf": 0}), "$.a: multipleOf can’t be 0"),
        (thing(a=TEXT | {"description": 7}), "$.a: its description is a text"),
        (thing(a={"enum": [{}]}), "enum and const take texts"),
        (thing(a={"enum": []}), "an enum is a list of at least one value"),
        (thing(a={"enum": "a"}), "an enum is a list of at least one value"),
        (thing(a={"anyOf": {}}), "anyOf is a list of schemas"),
        (thing(a=TEXT | {"pattern": "(a+)+$"}), "the keyword “pattern” isn’t taken here"),
        (thing(a=TEXT | {"patternProperties": {"(x+)+$": TEXT}}), "“patternProperties”"),
        (thing(a={"oneOf": [TEXT]}), "Write anyOf."),
        (thing(a={"$ref": "https://example.com/x.json"}), "has to begin with #/$defs/"),
        (thing(a={"$ref": "file:///etc/passwd"}), "has to begin with #/$defs/"),
        (thing(a={"$ref": "#"}), "has to begin with #/$defs/"),
        (thing(a={"$ref": 7}), "has to begin with #/$defs/"),
        (thing(a={"$ref": "#/$defs/no"}), "there is no #/$defs/no"),
        (thing(a={"$ref": "#/$defs/no"}) | {"$defs": 7}, "there is no #/$defs/no"),
        (thing(a={"const": "\ud800"}), "can’t be written as JSON"),
        (thing(a={"const": 2**70}), "can’t be written as JSON"),
        (thing(a=TEXT | {"description": "x" * MAX_BYTES}), "longer than 20,000 bytes"),
    ],
)
def test_what_can_t_be_used_is_said(schema: Any, said: str):
    assert said in fault(schema)


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = TEXT
    for _ in range(levels):
        inner = {"type": "array", "items": inner}
    return thing(a=inner)


def doubling(pairs: int) -> dict[str, Any]:
    """A few definitions that stand for two to the power of so many parts."""
    defs = {
        f"d{n}": thing(a={"$ref": f"#/$defs/d{n + 1}"}, b={"$ref": f"#/$defs/d{n + 1}"})
        for n in range(pairs)
    }
    return thing(a={"$ref": "#/$defs/d0"}) | {"$defs": defs | {f"d{pairs}": TEXT}}


def branching(each: int, levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = TEXT
    for _ in range(levels):
        inner = {"anyOf": [thing(a=inner) for _ in range(each)]}
    return thing(a=inner)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (nested(11), "nested deeper than 10 levels"),
        (nested(2000), "can’t be written as JSON"),
        (doubling(9), "more than 400 parts"),
        (doubling(40), "nested deeper"),
        (branching(3, 4), "more than"),
        (branching(17, 1), "more than 16 alternatives"),
        (thing(a={"enum": [*range(500)]}), "more than 400 parts"),
        (
            thing(a={"$ref": "#/$defs/x"}) | {"$defs": {"x": {"$ref": "#/$defs/x"}}},
            "contains itself",
        ),
        (
            thing(a={"$ref": "#/$defs/x"})
            | {"$defs": {"x": {"anyOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x"}]}}},
            "contains itself",
        ),
    ],
)
def test_a_hostile_schema_is_refused_at_once(schema: Any, said: str):
    began = time.process_time()
    assert said in fault(schema)
    assert time.process_time() - began < 1


def test_the_worst_answer_to_the_worst_schema_is_judged_in_a_moment():
    items = {"anyOf": [{"type": "integer", "minimum": n} for n in range(1, 16)]}
    form = Form(orjson.dumps(ready(thing(a={"type": "array", "items": items}))).decode())
    began = time.process_time()
    assert form.faults({"a": [0] * 8_000})
    assert time.process_time() - began < 3
