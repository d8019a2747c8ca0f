"""Endpoints that refuse one thing each, in words that were seen in the wild."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from tests.engine.scripted import Answer, Body, Refuse, Say

CRITIQUE = '{"verdict": "accept", "issues": [], "keep": ["tone"], "criteria": []}'
Breaks = Callable[[Body], bool]


@dataclass(frozen=True)
class Strict:
    """What it refuses, how it says so, and the rules that it takes to please it."""

    breaks: Breaks
    words: str
    rules: tuple[str, ...]
    status: int = 400
    code: str | None = None


def has(name: str) -> Breaks:
    return lambda body: name in body


def asks_for(kind: str) -> Breaks:
    return lambda body: body.get("response_format", {}).get("type") == kind


def some(found: Callable[[Body], bool]) -> Breaks:
    """One of the messages is like this."""
    return lambda body: any(found(message) for message in body["messages"])


def neighbours(found: Callable[[Body, Body], bool]) -> Breaks:
    """Two messages that follow each other are like this."""

    def breaks(body: Body) -> bool:
        messages = body["messages"]
        return any(found(*pair) for pair in itertools.pairwise(messages))

    return breaks


def calls(body: Body) -> list[Any]:
    return [call for message in body["messages"] for call in message.get("tool_calls") or ()]


def roles_of(body: Body) -> list[str]:
    return [m["role"] for m in body["messages"] if m["role"] != "tool" and not m.get("tool_calls")]


def not_alternating(body: Body) -> bool:
    roles = [role for role in roles_of(body) if role != "system"]
    return any(one == other for one, other in itertools.pairwise(roles))


def results_without_names(body: Body) -> bool:
    return any(m["role"] == "tool" and not m.get("name") for m in body["messages"])


def schemas_with_keywords(body: Body) -> bool:
    return b"additionalProperties" in orjson.dumps([body.get("tools"), body.get("response_format")])


STRICT = {
    "cap name": Strict(
        has("max_completion_tokens"),
        "[{'loc': ['body', 'max_completion_tokens'], 'msg': 'Extra inputs are not permitted'}]",
        ("max_tokens",),
        422,
    ),
    "cap missing": Strict(
        lambda body: "max_tokens" not in body, "max_tokens: Field required", ("max_tokens",)
    ),
    "stream_options": Strict(
        has("stream_options"),
        "Unrecognized request argument supplied: stream_options",
        ("no_stream_options",),
    ),
    "tool_choice": Strict(
        lambda body: body.get("tool_choice") == "auto",
        "This model does not support tool_choice.",
        ("no_tool_choice",),
    ),
    "tool_choice none": Strict(
        lambda body: body.get("tool_choice") == "none",
        "Tool choice is none, but model called a tool",
        ("no_tool_choice_none",),
        code="tool_use_failed",
    ),
    "json_schema": Strict(
        asks_for("json_schema"),
        "This response_format type is unavailable now",
        ("schema_as_tool",),
    ),
    "json_schema and forced tools": Strict(
        lambda body: asks_for("json_schema")(body) or isinstance(body.get("tool_choice"), dict),
        "This model takes neither response_format json_schema nor this tool_choice.",
        ("schema_as_tool", "json_mode"),
    ),
    "any JSON": Strict(
        lambda body: "response_format" in body or isinstance(body.get("tool_choice"), dict),
        "response_format and tool_choice are not supported",
        ("schema_as_tool", "json_mode", "json_as_text"),
    ),
    "strict": Strict(
        lambda body: "strict" in body.get("response_format", {}).get("json_schema", {}),
        "Unknown name 'strict': no such field",
        ("schema_not_strict",),
    ),
    "keywords": Strict(
        schemas_with_keywords,
        'Invalid JSON payload received. Unknown name "additionalProperties"',
        ("plain_schemas",),
    ),
    "system": Strict(
        some(lambda m: m["role"] in ("system", "developer")),
        "Developer instruction is not enabled for models/m-1",
        ("no_system_role",),
    ),
    "system in a template": Strict(
        some(lambda m: m["role"] == "system"), "System role not supported", ("no_system_role",), 500
    ),
    "user after tool": Strict(
        neighbours(lambda one, other: (one["role"], other["role"]) == ("tool", "user")),
        "Unexpected role 'user' after role 'tool'",
        ("assistant_after_tool",),
    ),
    "alternation": Strict(
        not_alternating,
        "Conversation roles must alternate user/assistant/user/assistant/...",
        ("assistant_after_tool",),
    ),
    "tool role": Strict(
        some(lambda m: m["role"] == "tool"),
        "Only user and assistant roles are supported!",
        ("tools_as_text",),
    ),
    "parallel calls": Strict(
        some(lambda m: len(m.get("tool_calls") or ()) > 1),
        "This model only supports single tool-calls at once!",
        ("one_call_a_turn",),
    ),
    "long ids": Strict(
        lambda body: any(not re.fullmatch("[a-zA-Z0-9]{9}", call["id"]) for call in calls(body)),
        "Tool call id was c0 but must be a-z, A-Z, 0-9, with a length of 9.",
        ("short_ids",),
    ),
    "results without names": Strict(
        results_without_names,
        "contents[2].parts[0].function_response.name: Name cannot be empty.",
        ("named_results",),
    ),
    "text beside calls": Strict(
        some(lambda m: bool(m.get("content") and m.get("tool_calls"))),
        "Assistant message must have either content or tool_calls, but not both.",
        ("text_or_calls",),
    ),
    "null content": Strict(
        some(lambda m: m["content"] is None),
        "[{'loc': ['body', 'messages', 4, 'content'], 'msg': 'Input should be a valid string'}]",
        ("content_is_text",),
        422,
    ),
    "empty content": Strict(
        some(lambda m: not m["content"]),
        "messages: text content blocks must be non-empty",
        ("content_has_text",),
    ),
    "no reasoning": Strict(
        some(lambda m: bool(m.get("tool_calls") and "reasoning_content" not in m)),
        "Missing `reasoning_content` field in the assistant message at message index 2",
        ("reasoning_always",),
    ),
}

# What only OpenAI is sent.
OPENAI = {
    "prompt_cache_key": Strict(
        has("prompt_cache_key"),
        "property 'prompt_cache_key' is unsupported",
        ("no_prompt_cache_key",),
    ),
    "safety_identifier": Strict(
        has("safety_identifier"),
        "Unrecognized request argument supplied: safety_identifier",
        ("no_safety_identifier",),
    ),
    "service_tier": Strict(
        has("service_tier"), "Unknown parameter: 'service_tier'.", ("no_service_tier",)
    ),
    "parallel_tool_calls": Strict(
        has("parallel_tool_calls"),
        "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
        ("no_parallel_tool_calls",),
    ),
    "allowed_tools": Strict(
        lambda body: isinstance(body.get("tool_choice"), dict),
        "Invalid type for 'tool_choice': expected one of 'none', 'auto' or 'required'.",
        ("no_allowed_tools",),
    ),
    "developer": Strict(
        some(lambda m: m["role"] == "developer"),
        "Invalid value: 'developer'. Supported values are: 'system', 'assistant', 'user'. "
        "Param: messages[0].role",
        ("no_developer_role",),
    ),
    "verbosity": Strict(
        lambda body: body.get("verbosity") == "low",
        "Unsupported value: 'verbosity' does not support 'low' with this model. "
        "Supported values are: 'medium'.",
        ("no_verbosity",),
    ),
    "reasoning_effort": Strict(
        has("reasoning_effort"),
        "Unsupported parameter: 'reasoning_effort' is not supported with this model.",
        ("no_reasoning_effort",),
    ),
    "the effort beside tools": Strict(
        lambda body: bool(body.get("tools")) and "reasoning_effort" in body,
        "Function tools with reasoning_effort are not supported for m-1 in /v1/chat/completions. "
        "Please use /v1/responses instead.",
        ("no_effort_with_tools",),
    ),
    "the highest effort": Strict(
        lambda body: body.get("reasoning_effort") == "max",
        "Unsupported value: 'reasoning_effort' does not support 'max' with this model. "
        "Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'.",
        ("no_effort_max",),
    ),
}


def endpoint(*strict: Strict) -> Callable[[Body], Answer]:
    """A model behind all of these: it computes twice over, then says what it found."""

    def answer(body: Body) -> Answer:
        for one in strict:
            if one.breaks(body):
                return Refuse(one.status, one.words, one.code)
        return said(body)

    return answer


def said(body: Body) -> Answer:
    """Two calls beside a text, then one without, then an answer; a review where one is wanted."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice["type"] == "function":
        return Say(calls=((choice["function"]["name"], CRITIQUE),))
    text = " ".join(message["content"] or "" for message in body["messages"])
    if "<draft>" in text:
        return Say(CRITIQUE)
    may_call = body.get("tools") and choice in (None, "auto")
    if may_call and "36" not in text:
        return Say(
            "Let me see.",
            calls=(("calculator", '{"expression": "6*6"}'), ("calculator", '{"expression": "1"}')),
        )
    if may_call and "42" not in text:
        return Say(calls=(("calculator", '{"expression": "6*7"}'),))
    return Say("The answer is 42.")
