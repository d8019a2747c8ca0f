"""A chat completion request, checked as strictly as OpenAI checks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from .errors import bad_request
from .messages import check_messages
from .models import reasons, require_model
from .strict import check_strict_schema
from .tools import NAME, allowed, read_choice, read_tools
from .wishes import check_wishes

_PARAMETERS = frozenset(
    (
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    )
)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """The parts of a request that decide the answer."""

    body: dict[str, Any]
    model: str
    messages: list[dict[str, Any]]
    tools: dict[str, dict[str, Any]]
    tool_choice: str
    forced_tool: str | None
    parallel: bool
    response_format: str
    schema_name: str
    schema: dict[str, Any]
    max_tokens: int | None
    stream: bool
    include_usage: bool

    @property
    def reasons(self) -> bool:
        """True when hidden reasoning is billed."""
        effort = self.body.get("reasoning_effort")
        return reasons(self.model) and effort not in ("none", "minimal")


def parse_chat(raw: bytes, extra_models: frozenset[str]) -> ChatRequest:
    """Read a request body; raise the error OpenAI would answer for a bad one."""
    body = _json_object(raw)
    _check_parameters(body)
    model = body["model"]
    require_model(model, extra_models)
    _check_sampling(body, model)
    check_wishes(body, model)
    check_messages(body["messages"])
    tools = read_tools(body)
    choice, forced = read_choice(body, tools)
    response_format, schema_name, schema = _response_format(body)
    stream = bool(body.get("stream"))
    return ChatRequest(
        body=body,
        model=model,
        messages=body["messages"],
        tools=allowed(body, tools),
        tool_choice=choice,
        forced_tool=forced,
        parallel=body.get("parallel_tool_calls") is not False,
        response_format=response_format,
        schema_name=schema_name,
        schema=schema,
        max_tokens=_output_cap(body),
        stream=stream,
        include_usage=_include_usage(body, stream),
    )


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise bad_request("We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise bad_request("The body of your request must be a JSON object.")
    return body


def _check_parameters(body: Mapping[str, Any]) -> None:
    for name in body:
        if name not in _PARAMETERS:
            raise bad_request(f"Unrecognized request argument supplied: {name}", name)
    if not isinstance(body.get("model"), str):
        raise bad_request("you must provide a model parameter", "model")
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise bad_request("Invalid 'messages': expected a non-empty array.", "messages")
    if body.get("n") not in (None, 1):
        raise bad_request("The simulator gives one choice: 'n' must be 1.", "n")


def _check_sampling(body: Mapping[str, Any], model: str) -> None:
    temperature = body.get("temperature")
    if temperature is not None and not (_is_number(temperature) and 0 <= temperature <= 2):
        raise bad_request("Invalid 'temperature': expected a number in 0 to 2.", "temperature")
    if not reasons(model):
        return
    if body.get("max_tokens") is not None:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        raise bad_request(message, "max_tokens", "unsupported_parameter")
    for name in ("temperature", "top_p"):
        if body.get(name) not in (None, 1):
            message = (
                f"Unsupported value: '{name}' does not support {body[name]} with this model. "
                "Only the default (1) value is supported."
            )
            raise bad_request(message, name, "unsupported_value")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _response_format(body: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    wanted = body.get("response_format") or {"type": "text"}
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "text":
        return kind, "", {}
    if kind == "json_object":
        if b"json" not in orjson.dumps(body["messages"]).lower():
            raise bad_request(
                "'messages' must contain the word 'json' in some form, to use 'response_format' "
                "of type 'json_object'.",
                "messages",
            )
        return kind, "", {}
    if kind == "json_schema":
        return kind, *_named_schema(wanted.get("json_schema"))
    raise bad_request("Invalid value for 'response_format.type'.", "response_format.type")


def _named_schema(named: Any) -> tuple[str, dict[str, Any]]:
    name = named.get("name") if isinstance(named, dict) else None
    schema = named.get("schema") if isinstance(named, dict) else None
    if not isinstance(name, str) or not NAME.match(name) or not isinstance(schema, dict):
        where = "response_format.json_schema"
        raise bad_request(f"Invalid '{where}': needs a 'name' and a 'schema'.", where)
    if named.get("strict"):
        check_strict_schema(schema, f"response_format '{name}'")
    return name, schema


def _output_cap(body: Mapping[str, Any]) -> int | None:
    caps = []
    for name in ("max_tokens", "max_completion_tokens"):
        cap = body.get(name)
        if cap is None:
            continue
        if not isinstance(cap, int) or isinstance(cap, bool) or cap < 1:
            raise bad_request(f"Invalid '{name}': expected an integer of at least 1.", name)
        caps.append(cap)
    return min(caps, default=None)


def _include_usage(body: Mapping[str, Any], stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not stream:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise bad_request(message, "stream_options")
    return isinstance(options, dict) and bool(options.get("include_usage"))
