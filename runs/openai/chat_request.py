"""The body of `POST /v1/chat/completions`."""

from dataclasses import dataclass
from typing import Any

from runs.openai.asked import Asked
from runs.openai.fields import Fields, InvalidField
from runs.openai.messages import Conversation, chat_messages
from runs.openai.wishes import (
    HARMLESS,
    IGNORED,
    check_kind,
    choice_of,
    function_tool,
    sampling_of,
    schema_of,
)

API = "chat"
NAMES = {"max_output_tokens": "max_completion_tokens", "parallel": "parallel_tool_calls"}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked, and how the answer is to come."""

    asked: Asked
    stream: bool
    include_usage: bool


def chat_request(body: Any) -> ChatRequest:
    """Read the body. Raises `InvalidField`, `UnsupportedField`."""
    fields = Fields(body)
    model = fields.needed("model")
    messages = fields.listed("messages")
    if not messages:
        raise InvalidField("This is missing.", field="messages")
    stream = fields.flag("stream")
    asked = Asked(
        model=model,
        talk=Conversation.of(chat_messages(messages), "messages"),
        options=_options(fields),
        names=NAMES,
        schema=schema_of(fields.inner("response_format"), flat=False),
        effort=fields.text("reasoning_effort") or "",
        verbosity=fields.text("verbosity") or "",
        metadata=fields.object("metadata") or {},
        extras=fields.object("agentsite") or {},
        front={"api": API},
    )
    include_usage = _include_usage(fields)
    fields.refuse_rest(
        ignored=(*IGNORED, "store"),
        harmless={
            **HARMLESS,
            "n": (1,),
            "logprobs": (False,),
            "logit_bias": ({},),
            "modalities": (["text"],),
            "functions": ([],),
        },
    )
    return ChatRequest(asked, stream, include_usage)


def _options(fields: Fields) -> dict[str, Any]:
    options = sampling_of(fields)
    newer, older = fields.whole("max_completion_tokens"), fields.whole("max_tokens")
    if cap := newer or older:
        options["max_output_tokens"] = cap
    if tools := fields.listed("tools"):
        options["tools"] = [_tool(tool, f"tools[{place}]") for place, tool in enumerate(tools)]
    choice = choice_of(fields.any("tool_choice"), flat=False)
    if tools and choice is not None:
        options["tool_choice"] = choice
    parallel = fields.take("parallel_tool_calls", bool, "true or false")
    if tools and parallel is not None:
        options["parallel"] = parallel
    return options


def _tool(given: Any, param: str) -> dict[str, Any]:
    tool = Fields(given, param)
    check_kind(tool)
    function = tool.inner("function")
    if function is None:
        raise InvalidField("This is missing.", field=f"{param}.function")
    tool.refuse_rest()
    return function_tool(function)


def _include_usage(fields: Fields) -> bool:
    options = fields.inner("stream_options")
    if options is None:
        return False
    wanted = options.flag("include_usage")
    options.refuse_rest(ignored=("include_obfuscation",))
    return wanted
