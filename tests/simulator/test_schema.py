"""The simulator's structured answers fit their schema; its reviewer reads what it reviews."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from openai import AsyncOpenAI

from tests.simulator.process import Body, answered, asking

CRITIQUE = {
    "title": "critique",
    "type": "object",
    "additionalProperties": False,
    "required": ["verdict", "issues", "keep"],
    "properties": {
        "verdict": {"enum": ["accept", "revise"]},
        "issues": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["severity", "where", "problem", "fix"],
                "properties": {
                    "severity": {"enum": ["blocker", "major", "minor"]},
                    "where": {"type": "string"},
                    "problem": {"type": "string"},
                    "fix": {"type": "string"},
                },
            },
        },
        "keep": {"type": "array", "items": {"type": "string"}},
    },
}


async def test_reflection_revises_once_and_then_accepts(sdk: AsyncOpenAI) -> None:
    task = "Write a short guide to code reviews."

    async def write(system: str, text: str, **more: Any) -> str:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        choice = await answered(sdk, model="gpt-4o", messages=messages, **more)
        content: str = choice.message.content
        return content

    async def review(text: str) -> Any:
        named = {"name": "critique", "strict": True, "schema": CRITIQUE}
        wanted = {"type": "json_schema", "json_schema": named}
        prompt = f"<task>{task}</task>\n<draft>\n{text}\n</draft>"
        found = orjson.loads(await write("Review the draft.", prompt, response_format=wanted))
        Draft202012Validator(CRITIQUE).validate(found)
        return found

    draft = await write("You write what is asked for.", task)
    critique = await review(draft)
    assert critique["verdict"] == "revise"
    assert [issue["severity"] for issue in critique["issues"]] == ["major"]
    prompt = f"<task>{task}</task>\n<draft>{draft}</draft>\n<issues>{critique['issues']}</issues>"
    refined = await write("Improve the draft: fix each issue.", prompt)
    assert len(refined) > len(draft)
    assert (await review(refined)) | {"keep": []} == {"verdict": "accept", "issues": [], "keep": []}


SCHEMAS: list[Body] = [
    {"type": "object", "properties": {"n": {"type": ["integer", "null"], "minimum": 3}}},
    {
        "type": "object",
        "required": ["steps", "score"],
        "properties": {
            "steps": {
                "type": "array",
                "minItems": 4,
                "maxItems": 6,
                "items": {"$ref": "#/$defs/step"},
            },
            "score": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "$defs": {
            "step": {
                "type": "object",
                "required": ["id", "title", "depends_on"],
                "properties": {
                    "id": {"type": "string", "pattern": "^E[0-9]+$"},
                    "title": {"type": "string", "minLength": 60, "maxLength": 70},
                    "depends_on": {"type": "array", "items": {"type": "string"}},
                    "tool": {"anyOf": [{"type": "null"}, {"enum": ["a", "b"]}]},
                },
            }
        },
    },
    {
        "type": "object",
        "required": ["tree"],
        "properties": {"tree": {"$ref": "#/definitions/node"}},
        "definitions": {
            "node": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"const": "node"},
                    "children": {"type": "array", "items": {"$ref": "#/definitions/node"}},
                },
            }
        },
    },
]


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_structured_answers_fit_their_schema(sdk: AsyncOpenAI, schema: Body) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "any", "schema": schema}}
    choice = await answered(sdk, **asking("Plan a move.", response_format=wanted))
    Draft202012Validator(schema).validate(orjson.loads(choice.message.content))


async def test_json_mode_answers_an_object(sdk: AsyncOpenAI) -> None:
    wanted = {"type": "json_object"}
    choice = await answered(sdk, **asking("Answer in JSON.", response_format=wanted))
    assert isinstance(orjson.loads(choice.message.content), dict)


async def test_a_schema_in_the_prompt_is_followed(sdk: AsyncOpenAI) -> None:
    schema = orjson.dumps(SCHEMAS[1]).decode()
    asked = f"Plan a move.\n\nAnswer with one JSON object of this JSON schema:\n{schema}"
    choice = await answered(sdk, **asking(asked, response_format={"type": "json_object"}))
    Draft202012Validator(SCHEMAS[1]).validate(orjson.loads(choice.message.content))
