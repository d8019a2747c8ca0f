"""Parameters that an endpoint does not take are dropped or renamed, once, and it is remembered."""

from dataclasses import replace

import pytest

from runs.engine.types import ModelRequest
from tests.engine.harness import REFLECTION, Harness
from tests.engine.scripted import Body, Provider, Refuse, Say

CRITIQUE = '{"verdict": "accept", "issues": [], "keep": [], "criteria": []}'


def picky(refused: str, message: str, answer: str = "42"):
    """An endpoint that refuses one parameter."""

    def play(body: Body) -> Say | Refuse:
        if refused in body or refused == body.get("response_format", {}).get("type"):
            return Refuse(400, message, code="unsupported_parameter")
        return Say(CRITIQUE if "<draft>" in str(body["messages"]) else answer)

    return play


async def test_the_cap_goes_by_the_old_name_where_the_new_one_is_unknown(
    engine: Harness, provider: Provider
):
    provider.answer = picky(
        "max_completion_tokens", "Unrecognized request argument: max_completion_tokens"
    )
    await engine.run()
    engine.forget()
    await engine.run()
    assert [("max_tokens" in body) for body in provider.requests] == [False, True, True]


async def test_a_cap_that_is_too_large_is_not_renamed(engine: Harness, provider: Provider):
    message = "max_completion_tokens is too large: 4096. This model supports at most 1024."
    provider.script = [Refuse(400, message)]
    assert (await engine.run()).status == "failed"
    assert len(provider.requests) == 1


async def test_a_schema_becomes_json_mode_and_then_words(engine: Harness, provider: Provider):
    message = "Invalid parameter: 'response_format' of type 'json_schema' is not supported."
    provider.answer = picky("json_schema", message)
    result = await engine.run(REFLECTION)
    assert result.status == "succeeded"
    sent = [body["response_format"]["type"] for body in provider.requests[1:]]
    assert sent == ["json_schema", "json_object"]
    assert '"verdict"' in provider.requests[-1]["messages"][-1]["content"]

    engine.forget()
    provider.answer = picky("response_format", "response_format is not supported")
    assert (await engine.run(replace(REFLECTION, model="m-2"))).status == "succeeded"
    assert "response_format" not in provider.requests[-1]
    assert engine.codes() == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("stream_options", "Extra inputs are not permitted: stream_options")],
)
async def test_other_options_are_dropped(
    engine: Harness, provider: Provider, name: str, message: str
):
    provider.answer = picky(name, message)
    assert (await engine.run()).answer == "42"
    assert [name in body for body in provider.requests] == [True, False]


async def test_a_temperature_is_dropped_where_it_is_unsupported(
    engine: Harness, provider: Provider
):
    provider.answer = picky("temperature", "Unsupported value: 'temperature' does not support 0.2")
    for _ in range(2):
        stream = await engine.model.stream(
            ModelRequest("m-1", [{"role": "user", "content": "x"}], 10, temperature=0.2)
        )
        assert "".join([piece async for piece in stream]) == "42"
        await stream.close()
    assert ["temperature" in body for body in provider.requests] == [True, False, False]


async def test_tools_and_a_cap_are_sent_and_nothing_billable_besides(
    engine: Harness, provider: Provider
):
    provider.script = [Say("42")]
    await engine.run()
    assert set(provider.requests[0]) == {
        "model",
        "messages",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "max_completion_tokens",
    }
