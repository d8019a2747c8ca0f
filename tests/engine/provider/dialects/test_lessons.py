"""What one refusal teaches, in the words of many providers, and what it doesn't."""

import pytest

from runs.engine.provider.dialects.dialect import Dialect
from runs.engine.provider.dialects.native import native
from runs.engine.provider.dialects.parameters import plain_schemas
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Message, ModelRequest

SCHEMA = {"title": "review", "type": "object", "properties": {"verdict": {"type": "string"}}}
OPENING: list[Message] = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "calculator", "arguments": "{}"}}
TURN: list[Message] = [
    {"role": "assistant", "content": None, "tool_calls": [CALL, CALL], "reasoning_content": "hm"},
    {"role": "tool", "tool_call_id": "call_1", "content": "42"},
]
TOOLS = ToolBox(("calculator", "current_time")).specs()
OPENS = ModelRequest("m", OPENING, 4096, tools=TOOLS, sampling={"temperature": 0.2})
GOES_ON = ModelRequest("m", [*OPENING, *TURN], 4096, tools=TOOLS, sampling={"temperature": 0.2})
CLOSES = ModelRequest("m", [*GOES_ON.messages, OPENING[1]], 4096, tools=TOOLS, tool_choice="none")
REVIEWS = ModelRequest("m", OPENING, 4096, schema=SCHEMA)
REQUESTS = {"opens": OPENS, "goes on": GOES_ON, "closes": CLOSES, "reviews": REVIEWS}


def taught(request: ModelRequest, words: str, status: int = 400) -> str | None:
    lesson = Dialect().lesson(words, status, native(request))
    return lesson.rule if lesson else None


@pytest.mark.parametrize(
    ("request_", "words", "rule"),
    [
        (OPENS, "Extra inputs are not permitted, field: 'max_completion_tokens'", "max_tokens"),
        (OPENS, "#: extraneous key [max_completion_tokens] is not permitted", "max_tokens"),
        (OPENS, "property 'max_completion_tokens' is unsupported", "max_tokens"),
        (OPENS, "parameter 'max_completion_tokens' is not a valid field, unknown", "max_tokens"),
        (OPENS, "does not support parameters: ['max_completion_tokens']", "max_tokens"),
        (OPENS, "不支持的参数: max_completion_tokens", "max_tokens"),
        (
            OPENS,
            "unknown field `max_completion_tokens`, expected one of `temperature`, `tool_choice`,"
            " `stream_options`, `response_format`",
            "max_tokens",
        ),
        (
            OPENS,
            "Unsupported parameter: max_completion_tokens. Supported parameters are: temperature,"
            " tool_choice, max_tokens, stream_options",
            "max_tokens",
        ),
        (GOES_ON, "'temperature' is not supported with reasoning models.", "no_temperature"),
        (GOES_ON, "invalid temperature: only 1 is allowed for this model", "no_temperature"),
        (OPENS, "Stream options are not supported", "no_stream_options"),
        (OPENS, "unknown field streamOptions", "no_stream_options"),
        (
            OPENS,
            "No endpoints found that support the provided 'tool_choice' value",
            "no_tool_choice",
        ),
        (REVIEWS, 'Unknown name "response_mime_type"', "schema_as_tool"),
        (REVIEWS, "output_config.format: not supported by this model", "schema_as_tool"),
        (REVIEWS, "Unsupported JSON schema fields: {'maxLength'}", "plain_schemas"),
        (OPENS, 'Unknown name "minLength": Cannot find field.', "plain_schemas"),
        (
            OPENS,
            "Invalid value (type), Proto field is not repeating, cannot start list.",
            "plain_schemas",
        ),
        (
            OPENS,
            "input_schema: For 'integer' type, properties maximum, minimum are not supported",
            "plain_schemas",
        ),
        (OPENS, "the role of first message must be user", "no_system_role"),
        (OPENS, "messages[0].role: Input should be 'user' or 'assistant'", "no_system_role"),
        (OPENS, "Invalid value: 'system'. Param: messages[0].role", "no_system_role"),
        (OPENS, "Only user, assistant and tool roles are supported, got system.", "no_system_role"),
        (GOES_ON, "Invalid role: tool. Allowed roles: system, user, assistant", "tools_as_text"),
        (GOES_ON, "messages[3].role: unknown variant `tool`", "tools_as_text"),
        (GOES_ON, "property 'reasoning_content' is unsupported", "no_reasoning_back"),
        (GOES_ON, 'can only concatenate str (not "NoneType") to str', "content_is_text"),
        (GOES_ON, "'content' objects must have a 'type' field", "content_is_text"),
        (
            GOES_ON,
            "message at position 2 with role 'assistant' must not be empty",
            "content_has_text",
        ),
        (
            GOES_ON,
            "{'loc': ('body', 'messages', 3, 'name'), 'msg': 'Field required', 'input': {'role':"
            " 'tool', 'content': 'temperature: none, content is missing'}}",
            "named_results",
        ),
        (CLOSES, "tool_choice 'none' is invalid", "no_tool_choice_none"),
    ],
)
def test_it_is_the_rule_that_they_ask_for(request_: ModelRequest, words: str, rule: str):
    assert taught(request_, words) == rule


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=list(REQUESTS))
@pytest.mark.parametrize(
    "words",
    [
        "The model `x` does not exist or you do not have access to it.",
        "gemma:2b does not support tools",
        "No endpoints found that support tool use. To learn more, visit: https://openrouter.ai",
        "No endpoints found matching your data policy",
        "Function calling is not enabled for models/gemma-3-27b-it",
        "User location is not supported for the API use.",
        "API key not valid. Please pass a valid API key.",
        "The system is not available. Unexpected error.",
        '{"error": {"message": "Unexpected error: empty response from the backend"}}',
        "'NoneType' object has no attribute 'get'",
        "This model does not support image input",
        "Your organization must be verified to stream this model.",
        "Invocation with on-demand throughput isn't supported. Retry with an inference profile.",
    ],
)
def test_words_about_something_else_teach_nothing(request_: ModelRequest, words: str):
    for status in (400, 404, 500):
        assert taught(request_, words, status) is None


def test_plain_schemas_keep_what_tools_are_called_with():
    calculator, clock = (
        tool["function"]["parameters"] for tool in plain_schemas(native(OPENS))["tools"]
    )
    assert calculator["required"] == ["expression"]
    assert set(calculator["properties"]["expression"]) == {"type", "description"}
    assert clock["properties"]["start"]["type"] == "string"
    assert set(clock["properties"]["add"]["properties"]) >= {"years", "minutes"}
