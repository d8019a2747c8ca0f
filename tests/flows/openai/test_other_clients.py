"""Clients that others make: LangChain, pydantic-ai, the Agents SDK, and the async client."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from openai import AsyncOpenAI
from openai.types.responses import ResponseCompletedEvent
from pydantic import SecretStr

from runs.models import Run
from runs.states import Status
from tests.flows.openai.clients import MODEL
from tests.stack import Stack, wait_for


def chat_at(base_url: str, key: str, model: str = MODEL, **more: Any) -> Any:
    """LangChain's client, which takes a second to import."""
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(base_url=base_url, api_key=SecretStr(key), model=model, **more)


@pytest.fixture
def base_url(stack: Stack) -> str:
    return f"{stack.web_url}/v1"


async def test_the_async_client(base_url: str, key: str, worker, runs, named) -> None:
    async with AsyncOpenAI(base_url=base_url, api_key=key) as client:
        answer = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": named("Say hello.")}]
        )
        stream = await client.responses.create(model=MODEL, input=named("Say hello."), stream=True)
        last = [event async for event in stream][-1]

    assert answer.choices[0].message.content
    assert isinstance(last, ResponseCompletedEvent)
    assert last.response.status == "completed"


async def test_a_cancelled_task_ends_its_run(base_url: str, key: str, worker, owner, named) -> None:
    async with AsyncOpenAI(base_url=base_url, api_key=key) as client:
        task = named("Describe a lighthouse. [sim: chunks=4000 rate=20]")
        asking = asyncio.create_task(
            client.responses.create(model=MODEL, input=task, timeout=60, stream=False)
        )
        find = sync_to_async(Run.objects.visible_to(owner).first)
        while not (run := await find()):
            await asyncio.sleep(0.05)
        asking.cancel()

    def ended() -> bool:
        run.refresh_from_db()
        return run.status == Status.CANCELLED

    await sync_to_async(wait_for)(ended)


def test_langchain(base_url: str, key: str, worker, named) -> None:
    chat = chat_at(base_url, key)

    answer = chat.invoke(named("Say hello."))
    pieces = list(chat.stream([("system", "Be brief."), ("user", named("Say hello."))]))

    assert answer.text
    assert answer.usage_metadata
    assert answer.usage_metadata["output_tokens"] > 0
    assert "".join(piece.text for piece in pieces)
    assert answer.response_metadata["finish_reason"] == "stop"


def test_langchain_with_a_tool_of_its_own(base_url: str, key: str, worker, named) -> None:
    from langchain_core.tools import tool

    @tool
    def calculator(expression: str) -> str:
        """Calculate."""
        return "42"

    chat = chat_at(base_url, key).bind_tools([calculator])
    question = ("user", named("What is 6 * 7?"))

    asked = chat.invoke([question])
    (call,) = asked.tool_calls
    result = calculator.invoke(call)
    answer = chat.invoke([question, asked, result])

    assert call["name"] == "calculator"
    assert answer.text
    assert not answer.tool_calls


def test_langchain_on_responses(base_url: str, key: str, worker, named) -> None:
    chat = chat_at(base_url, key, use_responses_api=True)

    assert chat.invoke(named("Say hello.")).text


async def test_pydantic_ai(base_url: str, key: str, worker, named) -> None:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=base_url, api_key=key)
    for model in (OpenAIChatModel, OpenAIResponsesModel):
        agent = Agent(model(MODEL, provider=provider), instructions="Be brief.")

        @agent.tool_plain
        def calculator(expression: str) -> str:
            """Calculate."""
            return "42"

        first = await agent.run(named("What is 6 * 7?"))
        second = await agent.run(named("Say it again."), message_history=first.all_messages())
        async with agent.run_stream(named("Say hello.")) as streamed:
            text = await streamed.get_output()

        assert all((first.output, second.output, text))
        assert first.usage.tool_calls == 1


async def test_the_agents_sdk(base_url: str, key: str, worker, named) -> None:
    from agents import (
        Agent,
        OpenAIChatCompletionsModel,
        OpenAIResponsesModel,
        Runner,
        function_tool,
        set_tracing_disabled,
    )

    set_tracing_disabled(True)

    @function_tool
    def calculator(expression: str) -> str:
        """Calculate."""
        return "42"

    async with AsyncOpenAI(base_url=base_url, api_key=key) as client:
        for model in (OpenAIChatCompletionsModel, OpenAIResponsesModel):
            agent = Agent(
                name="Counter",
                instructions="Be brief.",
                model=model(model=MODEL, openai_client=client),
                tools=[calculator],
            )
            whole = await Runner.run(agent, named("What is 6 * 7?"))
            streamed = Runner.run_streamed(agent, named("Say hello."))
            async for _ in streamed.stream_events():
                pass

            assert whole.final_output
            assert streamed.final_output


def test_a_pattern_behind_langchain(base_url: str, key: str, worker, runs, named) -> None:
    chat = chat_at(base_url, key, model=f"react:{MODEL}")

    answer = chat.invoke([("system", "Be brief."), ("user", named("What is 6 * 7?"))])

    (run,) = runs()
    assert answer.text == run.answer
    assert (run.pattern, run.model, run.tool_calls) == ("react", MODEL, 1)
    assert run.config["custom_instructions"] == "Be brief."
