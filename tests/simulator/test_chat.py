"""The simulator behind the official SDK: streams, tools, structured answers, usage."""

from typing import Any

import orjson
import pytest
from openai import AsyncOpenAI

from agentsite.simulator.protocol.tokens import PromptCache
from tests.simulator.process import (
    CALCULATOR,
    CLOCK,
    Body,
    Process,
    answered,
    asking,
    rows,
    streamed,
    text_of,
)


def narrowed(mode: str, *tools: Body) -> Body:
    """A choice among these tools."""
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


async def test_a_stream_ends_with_its_usage_and_the_ledger_agrees(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    chunks = await streamed(sdk, **asking(task))
    usage = chunks[-1].usage
    assert chunks[-1].choices == []
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    (row,) = await rows(simulator, task)
    assert row["status"] == "completed"
    assert (row["prompt_tokens"], row["completion_tokens"]) == (
        usage.prompt_tokens,
        usage.completion_tokens,
    )


async def test_the_whole_answer_is_the_streamed_one(sdk: AsyncOpenAI, task: str) -> None:
    chunks = await streamed(sdk, **asking(task))
    whole = await sdk.chat.completions.create(**asking(task))
    assert whole.choices[0].message.content == text_of(chunks)
    assert whole.usage == chunks[-1].usage


async def test_one_short_message_costs_what_it_costs_at_openai(sdk: AsyncOpenAI) -> None:
    answer = await sdk.chat.completions.create(**asking("hi"))
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 8


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_the_output_cap_is_honoured(sdk: AsyncOpenAI, task: str, name: str) -> None:
    chunks = await streamed(sdk, **asking(task), **{name: 12})
    assert chunks[-1].usage.completion_tokens == 12
    assert chunks[-2].choices[0].finish_reason == "length"


async def test_reasoning_is_billed_as_output(sdk: AsyncOpenAI, task: str) -> None:
    chunks = await streamed(sdk, **asking(task, model="o3"))
    usage = chunks[-1].usage
    visible = len([c for c in chunks if c.choices and c.choices[0].delta.content])
    assert usage.completion_tokens_details.reasoning_tokens >= 64
    assert usage.completion_tokens == usage.completion_tokens_details.reasoning_tokens + visible


async def test_a_repeated_prefix_is_cached_in_steps(sdk: AsyncOpenAI, task: str) -> None:
    body = asking(task + " word" * 1500)
    first = (await sdk.chat.completions.create(**body)).usage
    body["messages"] += [{"role": "assistant", "content": "ok"}, {"role": "user", "content": "on"}]
    second = (await sdk.chat.completions.create(**body)).usage
    assert first is not None
    assert first.prompt_tokens_details is not None
    assert second is not None
    assert second.prompt_tokens_details is not None
    assert first.prompt_tokens_details.cached_tokens == 0
    # The last three of the first prompt open the reply, and are not a prefix of the second.
    expected = (first.prompt_tokens - 3) // 128 * 128
    assert second.prompt_tokens_details.cached_tokens == expected >= 1024


@pytest.mark.parametrize("change", [{"model": "gpt-4.1"}, {"prompt_cache_key": "other"}])
async def test_another_model_or_key_has_a_cache_of_its_own(
    sdk: AsyncOpenAI, task: str, change: dict[str, str]
) -> None:
    body = asking(task + " word" * 1500)
    cached = []
    for asked in (body, body | change, body):
        usage = (await sdk.chat.completions.create(**asked)).usage
        assert usage is not None
        assert usage.prompt_tokens_details is not None
        cached.append(usage.prompt_tokens_details.cached_tokens)
    assert cached[:2] == [0, 0]
    assert cached[2]


def test_a_prompt_that_was_not_used_for_minutes_is_forgotten() -> None:
    cache, ids = PromptCache(), [7] * 1500
    seen = [cache.cached_tokens(ids, "m", now_s) for now_s in (0, 500, 1000, 1700)]
    assert seen == [0, 1408, 1408, 0]


async def test_a_sum_goes_to_the_calculator_and_its_result_into_the_answer(
    sdk: AsyncOpenAI,
) -> None:
    body = asking("What is 17 % of 2,340, minus 58?", tools=[CALCULATOR, CLOCK])
    chunks = await streamed(sdk, **body)
    deltas = [d for c in chunks if c.choices for d in c.choices[0].delta.tool_calls or ()]
    arguments = "".join(d.function.arguments for d in deltas)
    assert text_of(chunks)
    assert deltas[0].function.name == "calculator"
    assert orjson.loads(arguments) == {"expression": "0.17 * 2340 - 58"}
    assert chunks[-2].choices[0].finish_reason == "tool_calls"

    choice = await answered(sdk, **body)
    body["messages"] += [
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": choice.message.tool_calls[0].id, "content": "339.8"},
    ]
    final = await answered(sdk, **body)
    assert final.message.tool_calls is None
    assert "**339.8**" in final.message.content


@pytest.mark.parametrize(
    ("task", "expression"),
    [
        ("what is 6*7?", "6 * 7"),
        ("Compute (3 + 4) * 12 / 7", "(3 + 4) * 12 / 7"),
        ("How much is 20% off 85?", "(1 - 0.2) * 85"),
        ("12 divided by 5", "12 / 5"),
        ("1,200 plus 10%", "1200 * (1 + 0.1)"),
        ("What is 365 times 24?", "365 * 24"),
    ],
)
async def test_expressions_are_read_from_plain_words(
    sdk: AsyncOpenAI, task: str, expression: str
) -> None:
    choice = await answered(sdk, **asking(task, tools=[CALCULATOR]))
    (call,) = choice.message.tool_calls
    assert orjson.loads(call.function.arguments) == {"expression": expression}


async def test_a_range_of_years_is_no_sum(sdk: AsyncOpenAI) -> None:
    choice = await answered(sdk, **asking("Describe 2023-2024 in brief", tools=[CALCULATOR]))
    assert choice.message.tool_calls is None


async def test_independent_needs_are_asked_in_one_turn_unless_forbidden(
    sdk: AsyncOpenAI,
) -> None:
    body = asking("What is 6*7, and what time is it in Tokyo?", tools=[CALCULATOR, CLOCK])
    both = await answered(sdk, **body)
    assert [orjson.loads(c.function.arguments) for c in both.message.tool_calls] == [
        {"expression": "6 * 7"},
        {"timezone": "Asia/Tokyo"},
    ]
    one = await answered(sdk, **body, parallel_tool_calls=False)
    assert len(one.message.tool_calls) == 1


@pytest.mark.parametrize(
    ("choice", "calls", "reason"),
    [
        ("none", None, "stop"),
        ("required", ["calculator"], "tool_calls"),
        ({"type": "function", "function": {"name": "current_time"}}, ["current_time"], "stop"),
        (narrowed("auto"), None, "stop"),
        (narrowed("auto", CLOCK), None, "stop"),
        (narrowed("required", CLOCK), ["current_time"], "tool_calls"),
    ],
)
async def test_tool_choice_is_obeyed(
    sdk: AsyncOpenAI, choice: Any, calls: list[str] | None, reason: str
) -> None:
    body = asking("What is 6*7?", tools=[CALCULATOR, CLOCK], tool_choice=choice)
    answer = await answered(sdk, **body)
    made = answer.message.tool_calls
    assert (made and [call.function.name for call in made]) == calls
    assert answer.finish_reason == reason


async def test_a_closing_prompt_is_answered_from_its_findings(sdk: AsyncOpenAI) -> None:
    prompt = (
        "<task>\nWhat is 6*7?\n</task>\n\n<findings>\n"
        'calculator({"expression":"6 *"}):\nError: This is not an expression.\n\n'
        'calculator({"expression":"6 * 7"}):\n42\n</findings>\n\nWrite the best answer.'
    )
    choice = await answered(sdk, **asking(prompt))
    assert "**42**" in choice.message.content
    assert "not an expression" not in choice.message.content


async def test_a_failed_tool_is_reported_and_not_made_up(sdk: AsyncOpenAI) -> None:
    body = asking("What is 1/0?", tools=[CALCULATOR])
    choice = await answered(sdk, **body)
    result = {"tool_call_id": choice.message.tool_calls[0].id, "content": "Error: Division by zero"}
    body["messages"] += [
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", **result},
    ]
    final = await answered(sdk, **body)
    assert "no result" in final.message.content
    assert "Division by zero" in final.message.content
