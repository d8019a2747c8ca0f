"""Plays ReAct: which tools a task needs, their calls, and the answer from what they said."""

from typing import Any

import orjson

from agentsite.local.simulator.chat import ChatRequest
from agentsite.local.simulator.conversation import Conversation, Observation
from agentsite.local.simulator.reply import Reply, ToolCall

from . import findings, schema
from .needs import Need, needs


def next_calls(request: ChatRequest, talk: Conversation) -> Reply | None:
    """A rationale with the calls still to make; None when everything needed was asked."""
    wanted: list[tuple[Need, ToolCall]] = []
    asked = {(o.tool, _canonical(o.arguments)) for o in talk.observations}
    for need in needs(talk.task):
        if need.tool not in request.tools:
            continue
        call = _call(need, request.tools[need.tool].get("parameters") or {})
        if (call.name, _canonical(call.arguments)) not in asked:
            wanted.append((need, call))
    if not wanted:
        return None
    if not request.parallel:
        wanted = wanted[:1]
    return Reply(_rationale([need for need, _ in wanted]), tuple(call for _, call in wanted))


def _canonical(arguments: str) -> bytes:
    try:
        return orjson.dumps(orjson.loads(arguments), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return arguments.encode()


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


def answer(talk: Conversation) -> str:
    """The final answer, from what the tools said."""
    seen: dict[tuple[str, bytes], Observation] = {}
    for observation in talk.observations:
        seen.setdefault((observation.tool, _canonical(observation.arguments)), observation)
    told = [(tool, findings.tell(observation)) for (tool, _), observation in seen.items()]
    worked = {tool for tool, finding in told if not finding.failed}
    kept = [finding for tool, finding in told if not (finding.failed and tool in worked)]
    if len(kept) == 1:
        return kept[0].text
    return "\n\n".join(f"### {finding.title}\n\n{finding.text}" for finding in kept)
