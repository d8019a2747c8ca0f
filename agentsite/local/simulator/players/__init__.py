"""Who answers: picks the player that a request calls for, and plays faults in its voice."""

from typing import Any

import orjson

from agentsite.local.simulator.chat import ChatRequest
from agentsite.local.simulator.conversation import Conversation
from agentsite.local.simulator.faults import Faults
from agentsite.local.simulator.reply import Reply, ToolCall

from . import prose, react, reflection, schema

_ANY_OBJECT = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
}
_REFUSAL = "I'm sorry, but I can't help with that."


def play(request: ChatRequest, faults: Faults) -> Reply:
    """The answer to a request."""
    if faults.refuse:
        return Reply(refusal=_REFUSAL)
    if faults.empty:
        return Reply()
    if faults.chunks is not None:
        return Reply(content=_words(faults.chunks))
    talk = Conversation.of(request.messages)
    if request.tool_choice != "none":
        if faults.garbage_args or faults.unknown_tool or faults.loop:
            return _misused_tool(request, faults)
        if request.tool_choice == "required":
            return _forced_call(request, talk)
        if reply := react.next_calls(request, talk):
            return reply
    return Reply(content=_text(request, talk))


def _text(request: ChatRequest, talk: Conversation) -> str:
    if wanted := _wanted_schema(request, talk):
        return _structured(wanted, talk)
    if talk.observations:
        return react.answer(talk)
    if reflection.is_refinement(talk):
        return prose.compose(talk.task, polished=True)
    return prose.compose(talk.task, polished=not reflection.is_draft(talk))


def _wanted_schema(request: ChatRequest, talk: Conversation) -> dict[str, Any]:
    """The schema to answer in: the request's own, or one that its prompt spells out."""
    in_prompt = schema.in_prompt(talk.user_texts[-1]) if talk.user_texts else {}
    fallback = _ANY_OBJECT if request.response_format == "json_object" else {}
    return request.schema or in_prompt or fallback


def _structured(wanted: dict[str, Any], talk: Conversation) -> str:
    if reflection.is_critique(wanted):
        return orjson.dumps(reflection.critique(wanted, talk)).decode()
    return orjson.dumps(schema.instance(wanted, talk.task)).decode()


def _forced_call(request: ChatRequest, talk: Conversation) -> Reply:
    wanted = react.next_calls(request, talk)
    if wanted and request.forced_tool in (None, wanted.calls[0].name):
        return wanted
    name = request.forced_tool or next(iter(request.tools))
    parameters = request.tools[name].get("parameters") or {}
    return Reply(calls=(ToolCall(name, _structured(parameters, talk)),))


def _misused_tool(request: ChatRequest, faults: Faults) -> Reply:
    name = request.forced_tool or next(iter(request.tools))
    parameters = request.tools[name].get("parameters") or {}
    arguments = orjson.dumps(schema.instance(parameters, "the same thing again")).decode()
    if faults.garbage_args:
        return Reply("I will look this up.", (ToolCall(name, arguments[:-1] + ', "'),))
    if faults.unknown_tool:
        return Reply("I will use another tool.", (ToolCall("crystal_ball", arguments),))
    return Reply("I will check that once more.", (ToolCall(name, arguments),))


def _words(count: int) -> str:
    # One token each, so that chunks, tokens and words are the same number.
    return " word" * count
