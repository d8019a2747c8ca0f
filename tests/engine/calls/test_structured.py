"""Finding a JSON object in what a model wrote, and saying what is wrong with it."""

import pytest

from runs.engine.calls.structured import parse, read
from runs.engine.types import Reply

SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "number"}},
    "required": ["score"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "text",
    [
        '{"score": 8}',
        'Sure!\n```json\n{"score": 8}\n```',
        'The set {a, b} is scored {"score": 8} and {"score": 1}.',
    ],
)
def test_the_first_object_is_found(text: str):
    assert parse(text, SCHEMA) == {"score": 8}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON object"),
        ("8/10", "no JSON object"),
        ("[8]", "no JSON object"),
        ('{"score": NaN}', "no JSON object"),
        ('{"score": "\\ud800"}', "no JSON object"),
        ('{"score": "8/10"}', "$.score: '8/10' is not of type 'number'"),
        ('{"points": 8}', "'score' is a required property"),
        ("{" * 5000, "no JSON object"),
    ],
)
def test_what_is_wrong_is_said(text: str, problem: str):
    said = parse(text, SCHEMA)
    assert isinstance(said, str)
    assert problem in said


def test_what_no_schema_sees_is_said_by_the_check():
    def check(found: dict[str, float]) -> list[str]:
        return [] if found["score"] <= 1 else ["The score is too high.", "Lower it."]

    def said(text: str) -> object:
        return read(Reply(text, (), "stop", "m-1"), SCHEMA, check)

    assert said('{"score": 1}') == {"score": 1}
    assert said('{"score": 8}') == "The score is too high. Lower it."
    assert "'score' is a required property" in str(said('{"points": 8}'))
