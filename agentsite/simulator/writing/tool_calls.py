"""Tool calls: those that a task needs, the one that a request insists on, and wrong ones."""

from typing import Any

import orjson

from agentsite.simulator.conversation import Conversation, comparable
from agentsite.simulator.faults import Faults
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply, ToolCall

from . import schema
from .needs import Need, needs


def asked_for(request: ChatRequest, talk: Conversation) -> Reply | None:
    """The calls that this turn should make; None when it should write instead."""
    if request.tool_choice == "none":
        return None
    return _forced(request, talk) if request.tool_choice == "required" else _needed(request, talk)


def misused(request: ChatRequest, faults: Faults) -> Reply | None:
    """A call with the fault that was asked for, if one was."""
    if not (faults.garbage_args or faults.unknown_tool or faults.loop):
        return None
    name = _first_tool(request)
    arguments = schema.written(_parameters(request, name), "the same thing again")
    if faults.garbage_args:
        return Reply("I will look this up.", (ToolCall(name, arguments[:-1] + ', "'),))
    if faults.unknown_tool:
        return Reply("I will use another tool.", (ToolCall("crystal_ball", arguments),))
    return Reply("I will check that once more.", (ToolCall(name, arguments),))


def _forced(request: ChatRequest, talk: Conversation) -> Reply:
    needed = _needed(request, talk)
    if needed and request.forced_tool in (None, needed.calls[0].name):
        return needed
    name = _first_tool(request)
    arguments = schema.written(_parameters(request, name), talk.task)
    return Reply(calls=(ToolCall(name, arguments),))


def _needed(request: ChatRequest, talk: Conversation) -> Reply | None:
    """A rationale with the calls still to make; None when everything needed was asked."""
    wanted: list[tuple[Need, ToolCall]] = []
    asked = {(seen.tool, comparable(seen.arguments)) for seen in talk.observations}
    for need in needs(talk.task):
        if need.tool not in request.tools:
            continue
        call = _call(need, _parameters(request, need.tool))
        if (call.name, comparable(call.arguments)) not in asked:
            wanted.append((need, call))
    if not wanted:
        return None
    if not request.parallel:
        wanted = wanted[:1]
    return Reply(_rationale([need for need, _ in wanted]), tuple(call for _, call in wanted))


def _call(need: Need, parameters: dict[str, Any]) -> ToolCall:
    properties: dict[str, Any] = parameters.get("properties") or {}
    required = parameters.get("required") or []
    texts = [name for name, spec in properties.items() if spec.get("type", "string") == "string"]
    name = next((n for n in (need.argument, *required, *texts) if n in properties), need.argument)
    arguments = {
        other: schema.instance(properties[other], need.value)
        for other in required
        if other in properties and other != name
    }
    return ToolCall(need.tool, orjson.dumps({name: need.value} | arguments).decode())


def _rationale(wanted: list[Need]) -> str:
    reasons = [need.reason for need in wanted]
    if len(reasons) == 1:
        return f"I will {reasons[0]} rather than guess."
    return f"I will {', '.join(reasons[:-1])} and {reasons[-1]}, at the same time."


def _first_tool(request: ChatRequest) -> str:
    return request.forced_tool or next(iter(request.tools))


def _parameters(request: ChatRequest, name: str) -> dict[str, Any]:
    parameters: dict[str, Any] = request.tools[name].get("parameters") or {}
    return parameters
