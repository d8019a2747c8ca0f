"""LLMCompiler: plans the calls that the task needs, then answers from their results."""

from dataclasses import replace

import orjson

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import evidence, findings, prose, schema
from agentsite.simulator.writing.needs import needs

_PLANS = "You plan the tool calls that a task needs"
_JOINS = "You write the answer to a task from the results of tool calls"


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """The plan, or the answer from what the calls brought."""
    if talk.system.startswith(_PLANS):
        return Reply(content=_plan(request, talk))
    if talk.system.startswith(_JOINS):
        return Reply(content=_answer(talk))
    return None


def _plan(request: ChatRequest, talk: Conversation) -> str:
    wanted = schema.wanted(request, talk)
    offered = wanted["properties"]["tasks"]["items"]["properties"]["tool"]["enum"]
    wanted_calls = [need for need in needs(talk.task) if need.tool in offered]
    tasks = [
        {
            "id": f"t{place}",
            "purpose": need.reason[:1].upper() + need.reason[1:],
            "tool": need.tool,
            "arguments_json": orjson.dumps({need.argument: need.value}).decode(),
            "depends_on": [],
        }
        for place, need in enumerate(wanted_calls, start=1)
    ]
    return orjson.dumps({"tasks": tasks}).decode()


def _answer(talk: Conversation) -> str:
    if seen := evidence.gathered(talk):
        return findings.answer(replace(talk, observations=seen))
    return prose.compose(talk.task, polished=True)
