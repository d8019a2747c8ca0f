"""ReWOO: plans what the task needs to look up, then answers from the evidence."""

from dataclasses import replace
from typing import Any

import orjson

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import evidence, findings, honest, prose, schema
from agentsite.simulator.writing.needs import needs

_PLANS = "You plan which evidence a task needs"
_WORKS = "You answer one small question"
_SOLVES = "You write the answer to a task from evidence"
_QUESTIONS = (
    ("What has to be true of the result", "Which facts does a good answer to the task need?"),
    ("What is easy to get wrong", "What do people often get wrong here, given ${E1}?"),
)


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """The plan, the answer to one question, or the answer to the task."""
    if talk.system.startswith(_PLANS):
        wanted = schema.wanted(request, talk)
        return Reply(content=orjson.dumps({"tasks": _steps(wanted, talk.task)}).decode())
    if talk.system.startswith(_WORKS):
        return Reply(content=honest.paragraph(talk.task))
    if talk.system.startswith(_SOLVES):
        return Reply(content=_answer(talk))
    return None


def _steps(wanted: dict[str, Any], task: str) -> list[dict[str, str]]:
    offered = wanted["properties"]["tasks"]["items"]["properties"]["tool"]["enum"]
    planned = [
        (need.reason, need.tool, {need.argument: need.value})
        for need in needs(task)
        if need.tool in offered
    ]
    if not planned and "llm" in offered:
        planned = [(purpose, "llm", {"question": question}) for purpose, question in _QUESTIONS]
    return [
        {
            "id": f"E{place}",
            "purpose": purpose[:1].upper() + purpose[1:],
            "tool": tool,
            "arguments_json": orjson.dumps(arguments).decode(),
        }
        for place, (purpose, tool, arguments) in enumerate(planned, start=1)
    ]


def _answer(talk: Conversation) -> str:
    seen = tuple(one for one in evidence.gathered(talk) if one.tool != "llm")
    if seen:
        return findings.answer(replace(talk, observations=seen))
    return prose.compose(talk.task, polished=True)
