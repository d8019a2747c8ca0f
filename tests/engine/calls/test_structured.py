"""Finding a JSON object in what a model wrote, and saying what is wrong with it."""

import pytest

from runs.engine.calls.structured import checked, parse
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


def test_what_a_check_finds_is_said_of_what_fits_the_schema_alone():
    def check(found: dict[str, int]) -> list[str]:
        return [f"{found['score']} is too much."] * 99

    def said(text: str) -> object:
        return checked(Reply(text, (), "stop", "m-1"), SCHEMA, check)

    assert said('{"score": 8}') == " ".join(["8 is too much."] * 10)
    assert "required" in str(said("{}"))
    assert checked(Reply('{"score": 8}', (), "stop", "m-1"), SCHEMA, None) == {"score": 8}
