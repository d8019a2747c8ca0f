"""The simulator refuses what OpenAI refuses, by the same names."""

from collections.abc import Callable

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI

from tests.simulator.process import CALCULATOR, Body, Process, answered, asking

BAD: list[tuple[Body, str]] = [
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages.[0].role"),
    ({"n": 2}, "n"),
    ({"temperature": 3}, "temperature"),
    ({"temperatur": 1}, "temperatur"),
    ({"model": "o3", "max_tokens": 5}, "max_tokens"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"tool_choice": "auto"}, "tool_choice"),
    (
        {"tools": [CALCULATOR], "tool_choice": {"type": "allowed_tools"}},
        "tool_choice.allowed_tools",
    ),
    ({"reasoning_effort": "low"}, "reasoning_effort"),
    ({"model": "o3", "reasoning_effort": "none"}, "reasoning_effort"),
    ({"model": "gpt-5", "reasoning_effort": "max"}, "reasoning_effort"),
    ({"verbosity": "low"}, "verbosity"),
    ({"model": "o3", "parallel_tool_calls": False}, "parallel_tool_calls"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "y"}]}, "messages.[0].role"),
    (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "x", "strict": True, "schema": {"type": "object"}},
            }
        },
        "response_format",
    ),
]


@pytest.mark.parametrize(("change", "param"), BAD)
async def test_bad_requests_are_refused_by_name(sdk: AsyncOpenAI, change: Body, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await sdk.post("/chat/completions", body=asking("x") | change, cast_to=object)
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"


async def test_an_unanswered_tool_call_is_refused(sdk: AsyncOpenAI) -> None:
    body = asking("What is 6*7?", tools=[CALCULATOR])
    choice = await answered(sdk, **body)
    body["messages"] += [choice.message.model_dump(exclude_none=True)]
    with pytest.raises(openai.BadRequestError, match="tool_call_id"):
        await sdk.chat.completions.create(**body)


async def test_unknown_models_and_missing_keys_are_refused(
    start: Callable[..., Process], sdk: AsyncOpenAI
) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        await sdk.chat.completions.create(**asking("x", model="llama-9"))
    assert missing.value.code == "model_not_found"
    strict = start("--require-key", "--model", "llama-9")
    async with strict.client() as keyed:
        assert "llama-9" in [model.id async for model in keyed.models.list()]
        assert (await answered(keyed, **asking("hi", model="llama-9"))).message.content
    async with aiohttp.ClientSession() as session, session.get(f"{strict.url}/v1/models") as bare:
        assert bare.status == 401
