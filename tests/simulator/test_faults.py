"""Every fault that a task can ask the simulator for."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI

from tests.pace import limit
from tests.simulator.process import (
    CALCULATOR,
    Process,
    answered,
    asking,
    is_json,
    row_when_written,
    rows,
    streamed,
)


async def test_a_status_fault_ends_after_its_times_and_bills_nothing(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    body = asking(f"{task} [sim: status=429 times=2 retry_after=1.5]")
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as refused:
            await sdk.chat.completions.create(**body)
        assert refused.value.response.headers["retry-after"] == "1.5"
        assert refused.value.code == "rate_limit_exceeded"
    assert (await answered(sdk, **body)).finish_reason == "stop"
    found = await rows(simulator, task)
    assert [row["status"] for row in found] == ["refused", "refused", "completed"]
    assert [row["prompt_tokens"] + row["completion_tokens"] for row in found][:2] == [0, 0]


async def test_a_fault_can_wait_for_the_nth_request(sdk: AsyncOpenAI, task: str) -> None:
    body = asking(f"{task} [sim: status=500 on=2]")
    await sdk.chat.completions.create(**body)
    with pytest.raises(openai.InternalServerError):
        await sdk.chat.completions.create(**body)
    await sdk.chat.completions.create(**body)


async def test_a_cut_stream_bills_what_was_sent(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    received: list[Any] = []
    stream = await sdk.chat.completions.create(**asking(f"{task} [sim: cut=20]"), stream=True)
    with pytest.raises(openai.APIConnectionError):
        await collect(stream, received)
    (row,) = await rows(simulator, task)
    assert len([chunk for chunk in received if chunk.choices[0].delta.content]) == 20
    assert (row["status"], row["tokens_sent"], row["completion_tokens"]) == ("cut", 20, 20)


async def collect(stream: AsyncIterator[Any], received: list[Any]) -> None:
    async for chunk in stream:
        received.append(chunk)  # noqa: PERF401  what came before the error is what counts


async def test_a_client_that_leaves_pays_for_what_was_made(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    stream = await sdk.chat.completions.create(
        **asking(f"{task} [sim: chunks=1000 rate=50]"), stream=True
    )
    received = 0
    async for chunk in stream:
        received += bool(chunk.choices[0].delta.content)
        if received == 5:
            break
    await stream.close()
    row = await row_when_written(simulator, task)
    assert row["status"] == "client_gone"
    assert 5 <= row["completion_tokens"] < 50
    assert row["prompt_tokens"] > 0


async def test_a_hang_sends_nothing_and_bills_the_input(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    body = asking(f"{task} [sim: hang=30]")
    with pytest.raises(openai.APITimeoutError):
        await sdk.chat.completions.create(**body, stream=True, timeout=0.3)
    row = await row_when_written(simulator, task)
    assert (row["status"], row["completion_tokens"]) == ("hung", 0)
    assert row["prompt_tokens"] > 0


async def test_chunks_come_in_the_number_and_at_the_rate_asked_for(
    sdk: AsyncOpenAI, task: str
) -> None:
    began = time.monotonic()
    await streamed(sdk, **asking(f"{task} [sim: chunks=60]"))
    usual_s, began = time.monotonic() - began, time.monotonic()
    chunks = await streamed(sdk, **asking(f"{task} [sim: chunks=60 rate=100]"))
    took_s = time.monotonic() - began
    assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) == 60
    assert chunks[-1].usage.completion_tokens == 60
    assert 0.55 < took_s < limit(1.5, usual_s)


async def test_a_delay_comes_before_the_answer(sdk: AsyncOpenAI, task: str) -> None:
    began = time.monotonic()
    await sdk.chat.completions.create(**asking(f"{task} [sim: delay=0.4]"))
    assert time.monotonic() - began >= 0.4


async def test_usage_can_be_left_out_but_is_billed(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    chunks = await streamed(sdk, **asking(f"{task} [sim: no_usage]"))
    assert all(chunk.usage is None for chunk in chunks)
    (row,) = await rows(simulator, task)
    assert row["completion_tokens"] > 0


async def test_a_broken_line_stands_in_mid_stream(simulator: Process, task: str) -> None:
    body = asking(f"{task} [sim: broken_json]", stream=True)
    address = f"{simulator.url}/v1/chat/completions"
    async with aiohttp.ClientSession() as session, session.post(address, json=body) as response:
        lines = [line[6:] for line in (await response.text()).splitlines() if line]
    broken = [index for index, line in enumerate(lines[:-1]) if not is_json(line)]
    assert lines[-1] == "[DONE]"
    assert len(broken) == 1
    assert len(lines) // 4 < broken[0] < len(lines) * 3 // 4


async def test_tool_faults_misuse_tools(sdk: AsyncOpenAI, task: str) -> None:
    garbage = await answered(sdk, **asking(f"{task} [sim: garbage_args]", tools=[CALCULATOR]))
    assert not is_json(garbage.message.tool_calls[0].function.arguments)
    unknown = await answered(sdk, **asking(f"{task} [sim: unknown_tool]", tools=[CALCULATOR]))
    assert unknown.message.tool_calls[0].function.name != "calculator"


async def test_a_loop_repeats_the_same_call_until_tools_are_withheld(
    sdk: AsyncOpenAI, task: str
) -> None:
    body = asking(f"{task} [sim: loop]", tools=[CALCULATOR])
    made = []
    for _ in range(3):
        choice = await answered(sdk, **body)
        (call,) = choice.message.tool_calls
        made.append((call.function.name, call.function.arguments))
        body["messages"] += [
            choice.message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": "nothing new"},
        ]
    assert len(set(made)) == 1
    closing = await answered(sdk, **body, tool_choice="none")
    assert closing.message.tool_calls is None
    assert "nothing new" in closing.message.content


async def test_other_endings_can_be_asked_for(sdk: AsyncOpenAI, task: str) -> None:
    empty = await answered(sdk, **asking(f"{task} [sim: empty]"))
    assert (empty.message.content, empty.message.tool_calls) == ("", None)
    refused = await answered(sdk, **asking(f"{task} [sim: refuse]"))
    assert refused.message.refusal
    assert refused.message.content is None
    short = await answered(sdk, **asking(f"{task} [sim: length]"))
    assert short.finish_reason == "length"
    thinking = await sdk.chat.completions.create(**asking(f"{task} [sim: reasoning=500]"))
    assert thinking.usage is not None
    assert thinking.usage.completion_tokens_details is not None
    assert thinking.usage.completion_tokens_details.reasoning_tokens == 500


async def test_a_misspelt_directive_is_refused(sdk: AsyncOpenAI, task: str) -> None:
    with pytest.raises(openai.BadRequestError, match="stattus"):
        await sdk.chat.completions.create(**asking(f"{task} [sim: stattus=500]"))
