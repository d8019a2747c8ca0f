"""What a request in OpenAI's shape becomes, and what of it is refused by name."""

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from runs.openai.asked import ModelNotFound
from runs.openai.chat_request import chat_request
from runs.openai.fields import InvalidField, UnsupportedField
from runs.openai.responses_request import responses_request
from runs.openai.retries import COUNT, is_another_try
from runs.states import CacheMode
from runs.submission import Submission

MODEL = "gpt-4.1-mini"
QUESTION = {"role": "user", "content": "What is 6 times 7?"}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
IMAGE = {"type": "input_image"}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


def front_of(submission: Submission) -> dict[str, Any]:
    assert submission.front is not None
    return submission.front


def chat(**more: Any) -> Submission:
    body = {"model": MODEL, "messages": [QUESTION], **more}
    return chat_request(body).asked.submission()


def response(**more: Any) -> Submission:
    body = {"model": MODEL, "input": "What is 6 times 7?", **more}
    return responses_request(body, lambda name: []).asked.submission()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"audio": {"voice": "ash", "format": "wav"}}, "audio"),
        ({"prediction": {"type": "content", "content": ""}}, "prediction"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"functions": [{"name": "look"}]}, "functions"),
        ({"service_tier": "priority"}, "service_tier"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
        ({"messages": [{"role": "user", "content": [PICTURE]}]}, "messages[0].content[0]"),
        ({"tools": [{"type": "custom", "custom": {"name": "a"}}]}, "tools[0]"),
        ({"something": 1}, "something"),
        ({"model": "react", "temperature": 0.2}, "temperature"),
        ({"model": "react", "max_tokens": 100}, "max_completion_tokens"),
        ({"model": "react", "tools": [TOOL]}, "tools"),
        ({"model": "react", "stop": ["."]}, "stop"),
        ({"agentsite": {"when_out_of_money": "ask"}}, "agentsite.when_out_of_money"),
        ({"agentsite": {"params": {"seed": 1}}}, "agentsite.params"),
    ],
)
def test_what_would_change_the_answer_is_refused_by_name(fields, param) -> None:
    with pytest.raises(UnsupportedField) as refused:
        chat(**fields)

    assert refused.value.field == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "Be brief."}]}, "messages"),
        ({"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"temperature": "hot"}, "temperature"),
        ({"stream": 1}, "stream"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [1]}, "stop"),
        ({"model": 1}, "model"),
    ],
)
def test_a_wrong_value_is_refused_by_name(fields, param) -> None:
    with pytest.raises(InvalidField) as refused:
        chat(**fields)

    assert refused.value.field == param


@pytest.mark.parametrize("name", ["gpt-1", "react:gpt-1", "gpt-4.1-mini:react", ""])
def test_a_model_that_is_not_there_is_not_found(name) -> None:
    with pytest.raises((ModelNotFound, InvalidField)) as refused:
        chat(model=name)

    assert refused.value.field == "model"


def test_what_changes_nothing_is_taken() -> None:
    submission = chat(
        model="react",
        n=1,
        temperature=1.0,
        top_p=1,
        presence_penalty=0,
        logprobs=False,
        modalities=["text"],
        user="someone",
        safety_identifier="someone",
        prompt_cache_key="some",
        store=True,
        service_tier="auto",
        stop=None,
        tools=[],
        metadata={"a": "b"},
    )

    assert (submission.pattern, submission.metadata) == ("react", {"a": "b"})


def test_a_plain_model_is_asked_as_it_is_asked_here() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    submission = chat(
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Look."}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "A cat."},
        ],
        tools=[TOOL],
        tool_choice={"type": "function", "function": {"name": "look"}},
        parallel_tool_calls=False,
        temperature=0.5,
        seed=7,
        stop="END",
        max_tokens=50,
        reasoning_effort="low",
    )

    assert (submission.task, submission.model) == ("Look.", MODEL)
    assert submission.params == {
        "before": [{"role": "system", "content": "Be brief."}],
        "after": [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "A cat.", "tool_call_id": "c1"},
        ],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "parallel": False,
        "temperature": 0.5,
        "seed": 7,
        "stop": ["END"],
        "max_output_tokens": 50,
    }
    assert (submission.tools, submission.cache) == ((), CacheMode.OFF)
    assert submission.reasoning_effort == "low"


def test_a_pattern_gets_the_last_message_after_its_context() -> None:
    submission = chat(
        model=f"react:{MODEL}",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "I like {task} trees."},
            {"role": "assistant", "content": "Good."},
            {"role": "user", "content": "Which one is tall?"},
        ],
        agentsite={"params": {"max_iterations": 2}, "max_cost_usd": "0.10"},
    )

    assert (submission.pattern, submission.model) == ("react", MODEL)
    assert submission.custom_instructions == "Be brief."
    assert submission.params == {"max_iterations": 2}
    before, task = submission.task.split("</conversation>")
    assert '<message from="user">\nI like {task} trees.\n</message>' in before
    assert task.endswith("\n\nWhich one is tall?")
    assert chat(model="react").task == QUESTION["content"]


def test_a_pattern_answers_the_user_and_nobody_else() -> None:
    with pytest.raises(UnsupportedField) as refused:
        chat(model="react", messages=[QUESTION, {"role": "assistant", "content": "It is"}])

    assert refused.value.field == "messages"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools[0]"),
        ({"truncation": "auto"}, "truncation"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"max_tool_calls": 3}, "max_tool_calls"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"input": [{"type": "item_reference", "id": "a"}]}, "input[0].type"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "input[0].content[0]",
        ),
        ({"text": {"format": {"type": "json_object"}}}, "text.format.type"),
    ],
)
def test_what_a_response_cannot_have_is_refused_by_name(fields, param) -> None:
    with pytest.raises(UnsupportedField) as refused:
        response(**fields)

    assert refused.value.field == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"background": True, "store": False}, "background"),
        ({"include": ["file_search_call.results"]}, "include[0]"),
        ({"input": []}, "input"),
        ({"input": [{"role": "user", "content": 1}]}, "input[0].content"),
    ],
)
def test_a_wrong_value_of_a_response_is_refused_by_name(fields, param) -> None:
    with pytest.raises(InvalidField) as refused:
        response(**fields)

    assert refused.value.field == param


def test_a_response_keeps_what_it_is_to_give_back_and_nothing_that_is_not_stored() -> None:
    kept = response(instructions="Be brief.", metadata={"a": "b"}, temperature=0.4)
    forgotten = response(instructions="Be brief.", store=False)

    assert front_of(kept)["input"][0]["content"][0]["text"] == "What is 6 times 7?"
    assert (front_of(kept)["instructions"], front_of(kept)["temperature"]) == ("Be brief.", 0.4)
    assert kept.params["before"] == [{"role": "system", "content": "Be brief."}]
    assert front_of(forgotten)["input"] == []


def test_calls_and_their_results_are_messages_of_a_chat() -> None:
    submission = response(
        input=[
            {"role": "user", "content": "Look."},
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
            {"type": "function_call", "call_id": "c2", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "A cat."},
            {"type": "function_call_output", "call_id": "c2", "output": "A dog."},
        ],
        tools=[{"type": "function", "name": "look", "parameters": {"type": "object"}}],
    )

    asked, *results = submission.params["after"]
    assert [call["id"] for call in asked["tool_calls"]] == ["c1", "c2"]
    assert [result["content"] for result in results] == ["A cat.", "A dog."]
    assert submission.params["tools"] == [TOOL]


def test_a_schema_is_what_the_answer_has_to_fit() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    named = {"name": "number", "schema": schema, "strict": True}

    assert chat(response_format={"type": "json_schema", "json_schema": named}).answer_schema
    assert response(text={"format": {"type": "json_schema", **named}}).answer_schema == schema


def test_metadata_is_text() -> None:
    with pytest.raises(ValidationError):
        chat(metadata={"a": 1})


@pytest.mark.parametrize(
    ("choice", "param"),
    [
        ({"type": "function"}, "tool_choice.function.name"),
        ({"type": "function", "function": "look"}, "tool_choice.function"),
        ({"type": "function", "function": {"name": {"a": 1}}}, "tool_choice.function.name"),
        ({"type": "allowed_tools"}, "tool_choice"),
        ({"type": 5}, "tool_choice.type"),
        ("look", "tool_choice"),
        ([], "tool_choice"),
    ],
)
def test_a_choice_that_names_no_tool_is_refused(choice: Any, param: str) -> None:
    with pytest.raises((InvalidField, UnsupportedField)) as refused:
        chat(tools=[TOOL], tool_choice=choice)
    assert refused.value.field == param


@pytest.mark.parametrize(
    ("count", "again"), [("", False), ("0", False), ("1", True), ("-1", False), ("9" * 5000, True)]
)
def test_a_request_says_whether_it_is_another_try(count: str, again: bool) -> None:
    sent = APIRequestFactory().post("/v1/responses", headers={COUNT: count})
    assert is_another_try(Request(sent)) is again
