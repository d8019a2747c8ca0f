"""The body of `POST /v1/responses`, and what a run keeps of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runs.engine.types import Message
from runs.openai.asked import DEADLINE_S, Asked
from runs.openai.fields import Fields, InvalidField
from runs.openai.items import input_items, messages_of
from runs.openai.messages import Conversation
from runs.openai.wishes import (
    HARMLESS,
    IGNORED,
    check_kind,
    choice_of,
    function_tool,
    sampling_of,
    schema_of,
)

NAMES = {"parallel": "parallel_tool_calls"}
# They ask for more of what there is none of.
NO_EXTRAS = ("reasoning.encrypted_content", "message.output_text.logprobs")
API = "responses"

# The conversation up to the response of this id.
Earlier = Callable[[str], Sequence[Message]]


@dataclass(frozen=True, slots=True)
class ResponsesRequest:
    """What is asked, and how the answer is to come."""

    asked: Asked
    stream: bool
    background: bool


def responses_request(body: Any, earlier: Earlier) -> ResponsesRequest:
    """Read the body. Raises `InvalidField`, `UnsupportedField`, and what `earlier` raises."""
    fields = Fields(body)
    front = _front(fields)
    stream = fields.flag("stream")
    if (options := fields.inner("stream_options")) is not None:
        options.refuse_rest(ignored=("include_obfuscation",))
    said = messages_of(front["input"])
    if not front["store"]:
        front["input"] = []
    previous, instructions = front["previous_response_id"], front["instructions"]
    messages = [
        *([{"role": "system", "content": instructions}] if instructions else []),
        *(earlier(previous) if previous else ()),
        *said,
    ]
    form = fields.inner("text") or Fields({})
    schema = schema_of(form.inner("format"), flat=True)
    verbosity = form.text("verbosity")
    form.refuse_rest()
    front["text"] = _as_it_was(body, "text") or {"format": {"type": "text"}}
    asked = Asked(
        model=front["model"],
        talk=Conversation.of(messages, "input"),
        options=_options(fields, front),
        names=NAMES,
        schema=schema,
        effort=_effort(fields),
        verbosity=verbosity or "",
        metadata=fields.object("metadata") or {},
        extras=fields.object("agentsite") or {},
        front=front,
        deadline_s=None if front["background"] else DEADLINE_S,
    )
    fields.refuse_rest(ignored=IGNORED, harmless=HARMLESS)
    return ResponsesRequest(asked, stream, front["background"])


def _front(fields: Fields) -> dict[str, Any]:
    """What is given back as it was, and needed to answer later."""
    store = fields.take("store", bool, "true or false")
    front = {
        "api": API,
        "model": fields.needed("model"),
        "input": input_items(fields.any("input")),
        "instructions": fields.text("instructions"),
        "previous_response_id": fields.text("previous_response_id"),
        "store": store is not False,
        "background": fields.flag("background"),
    }
    if front["background"] and not front["store"]:
        raise InvalidField("What runs in the background has to be stored.", field="background")
    for place, extra in enumerate(fields.listed("include") or []):
        if extra not in NO_EXTRAS:
            raise InvalidField("This can't be included.", field=f"include[{place}]")
    return front


def _options(fields: Fields, front: dict[str, Any]) -> dict[str, Any]:
    options = sampling_of(fields)
    front |= {name: options.get(name) for name in ("temperature", "top_p")}
    front["max_output_tokens"] = cap = fields.whole("max_output_tokens")
    if cap:
        options["max_output_tokens"] = cap
    tools = fields.listed("tools") or []
    front["tools"] = tools
    if tools:
        options["tools"] = [_tool(tool, f"tools[{place}]") for place, tool in enumerate(tools)]
    front["tool_choice"] = given = fields.any("tool_choice")
    choice = choice_of(given, flat=True)
    if tools and choice is not None:
        options["tool_choice"] = choice
    parallel = fields.take("parallel_tool_calls", bool, "true or false")
    front["parallel_tool_calls"] = parallel is not False
    if tools and parallel is not None:
        options["parallel"] = parallel
    return options


def _tool(given: Any, param: str) -> dict[str, Any]:
    tool = Fields(given, param)
    check_kind(tool)
    return function_tool(tool)


def _effort(fields: Fields) -> str:
    reasoning = fields.inner("reasoning")
    if reasoning is None:
        return ""
    effort = reasoning.text("effort")
    # Summaries are of what a model hides; there are none here.
    reasoning.refuse_rest(ignored=("summary", "generate_summary"))
    return effort or ""


def _as_it_was(body: dict[str, Any], name: str) -> dict[str, Any]:
    given = body.get(name) or {}
    return {"format": {"type": "text"}, **given}
