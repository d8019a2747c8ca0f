"""What OpenAI is sent, what others are not, and what refusals of it teach."""

from dataclasses import replace
from typing import Any

import pytest

from runs.engine.provider.dialects.dialect import Dialect
from runs.engine.provider.dialects.memory import MemoryDialects
from runs.engine.provider.dialects.native import native
from runs.engine.provider.dialects.openai import is_openai, openai_body
from runs.engine.tools.registry import ToolBox
from runs.engine.types import ModelRequest, Origin
from runs.engine.wishes import EFFORTS
from tests.engine.harness import REACT, Harness
from tests.engine.provider.dialects.strict import Strict, endpoint, some
from tests.engine.scripted import Provider

PLAIN = ModelRequest(
    "gpt-5-mini",
    [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}],
    4096,
    origin=Origin("run-1", "somebody"),
)
CLOSES = replace(PLAIN, tools=ToolBox(("calculator",)).specs(), tool_choice="none", parallel=False)
WISHES = replace(PLAIN, effort="high", verbosity="low")


def effort(value: str) -> ModelRequest:
    return replace(PLAIN, effort=value)


def taught(request: ModelRequest, words: str) -> str | None:
    lesson = Dialect().lesson(words, 400, openai_body(request))
    return lesson.rule if lesson else None


def test_it_is_told_whose_call_it_is():
    body = openai_body(PLAIN)
    assert (body["prompt_cache_key"], body["safety_identifier"]) == ("run-1", "somebody")


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("api.openai.com", True),
        ("eu.api.openai.com", True),
        ("notapi.openai.com", False),
        ("api.openai.com.example.org", False),
        ("me.openai.azure.com", False),
    ],
)
def test_it_is_known_by_its_address(host: str, own: bool):
    assert is_openai(host) is own


def test_the_developer_speaks_to_models_that_reason():
    assert openai_body(PLAIN)["messages"][0] == {"role": "developer", "content": "S"}
    older = openai_body(replace(PLAIN, model="gpt-4.1"))
    assert older["messages"] == PLAIN.messages


def test_forbidden_tools_stay_declared():
    body = openai_body(CLOSES)
    assert body["tools"] == CLOSES.tools
    assert body["tool_choice"]["allowed_tools"] == {"mode": "auto", "tools": []}
    assert body["parallel_tool_calls"] is False


@pytest.mark.parametrize("spelling", [native, openai_body])
def test_wishes_are_sent_where_a_model_may_take_them(spelling: Any):
    body = spelling(WISHES)
    assert (body["reasoning_effort"], body["verbosity"]) == ("high", "low")
    assert not {"reasoning_effort", "verbosity"} & spelling(PLAIN).keys()
    assert not {"reasoning_effort", "verbosity"} & spelling(replace(WISHES, model="gpt-4o")).keys()


def test_others_are_sent_no_more_than_everybody_takes():
    assert native(replace(CLOSES, model="m-1")).keys() == {
        *("model", "messages", "max_completion_tokens", "stream_options", "tools", "tool_choice")
    }


@pytest.mark.parametrize(
    ("request_", "words", "rule"),
    [
        (PLAIN, "body.prompt_cache_key: property is unsupported", "no_prompt_cache_key"),
        (PLAIN, "unknown field `safety_identifier`, expected `user`", "no_safety_identifier"),
        (WISHES, 'Unknown name "verbosity": Cannot find field.', "no_verbosity"),
        (
            effort("none"),
            "Unsupported value: 'reasoning_effort' does not support 'none' with this model. "
            "Supported values are: 'minimal', 'low', 'medium', and 'high'.",
            "no_effort_none",
        ),
        (
            effort("xhigh"),
            "{'loc': ('body', 'reasoning_effort'), 'msg': \"Input should be 'low', 'medium' or "
            "'high'\", 'input': 'xhigh'}",
            "no_effort_xhigh",
        ),
        (effort("minimal"), "`reasoning_effort` must be one of `low`, `high`", "no_effort_minimal"),
        (
            effort("high"),
            "`reasoning_effort` must be one of `none`, `default`",
            "no_reasoning_effort",
        ),
        (effort("max"), "Unrecognized request argument: reasoning_effort", "no_reasoning_effort"),
        (effort("low"), "property 'reasoning_effort' is unsupported", "no_reasoning_effort"),
        (PLAIN, "Invalid value: 'developer'. Param: messages[0].role", "no_developer_role"),
        (
            PLAIN,
            "Something else is invalid. See https://platform.openai.com/docs/guides.",
            None,
        ),
        (CLOSES, "Invalid value for 'tool_choice': allowed_tools is empty", "no_allowed_tools"),
    ],
)
def test_a_refusal_teaches_the_rule_that_it_asks_for(
    request_: ModelRequest, words: str, rule: str | None
):
    assert taught(request_, words) == rule


async def test_where_neither_developer_nor_system_speak_the_user_does(provider: Provider):
    words = "Unsupported value: 'messages[0].role' does not support 'developer' with this model."
    neither = Strict(some(lambda m: m["role"] in ("system", "developer")), words, ())
    dialects = MemoryDialects()
    engine = Harness(provider.url, dialects=dialects, as_openai=True)
    provider.answer = endpoint(neither)
    try:
        assert (await engine.run(replace(REACT, model="o1-mini"))).answer == "The answer is 42."
    finally:
        await engine.model.close()
    assert dialects.known("o1-mini").rules == {"no_system_role"}


@pytest.mark.parametrize("wish", EFFORTS)
async def test_an_effort_that_a_model_does_not_know_is_sent_as_the_nearest(
    provider: Provider, wish: str
):
    def unknown(body: dict[str, Any]) -> bool:
        return body["reasoning_effort"] not in ("low", "medium", "high")

    words = "Unsupported value: 'reasoning_effort' does not support '{}' with this model."
    engine = Harness(provider.url)
    answers = endpoint()

    def answer(body: dict[str, Any]) -> Any:
        if unknown(body):
            said = words.format(body["reasoning_effort"])
            return endpoint(Strict(unknown, said, ()))(body)
        return answers(body)

    provider.answer = answer
    try:
        assert (await engine.run(model="o4", reasoning_effort=wish)).status == "succeeded"
    finally:
        await engine.model.close()
    nearest = {"none": "low", "minimal": "low", "xhigh": "high", "max": "high"}
    assert provider.requests[-1]["reasoning_effort"] == nearest.get(wish, wish)
