"""Self-Discovery: modules, their use, a structure, its steps' outputs, and the answer."""

import re
from typing import Any

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import prose, schema

_LISTED = re.compile(r"^- ([A-Z][\w ]+):", re.MULTILINE)
_CHOSEN = 2
_STEPS = (
    ("parts", "Name the parts", "Name the parts of the problem.", "A list of parts."),
    ("limits", "Name the limits", "Name what limits a solution.", "A list of limits."),
    ("solution", "Find a solution", "Find a solution within the limits.", "The solution."),
)


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """What the step of this prompt brings; None for calls of other patterns."""
    if "choose the reasoning modules" in talk.system:
        return _written(request, talk, {"modules": _modules(talk.system, "why")})
    if "adapt reasoning modules" in talk.system:
        return _written(request, talk, {"modules": _modules(_given(talk), "adapted")})
    if "reasoning modules into a structure" in talk.system:
        return _written(request, talk, {"steps": _structure(_given(talk))})
    if "filling in a reasoning structure" in talk.system:
        return _written(request, talk, {"final_answer": _text(talk)})
    if "a reasoning structure" in talk.system:
        return Reply(content=_text(talk))
    return None


def _given(talk: Conversation) -> str:
    return "\n".join(talk.user_texts).partition("<modules>")[2].partition("</modules>")[0]


def _modules(text: str, said: str) -> list[dict[str, str]]:
    names = _LISTED.findall(text)[:_CHOSEN]
    return [{"name": name, said: f"{name} shows what this task hangs on."} for name in names]


def _structure(given: str) -> list[dict[str, Any]]:
    names = _LISTED.findall(given)[:_CHOSEN]
    steps = []
    for id, title, instruction, output in _STEPS:
        needs = ["parts", "limits"] if id == "solution" else []
        step = {"id": id, "title": title, "modules": names, "instruction": instruction}
        steps.append(step | {"depends_on": needs, "output": output})
    return steps


def _text(talk: Conversation) -> str:
    return prose.compose(talk.task, polished=True)


def _written(request: ChatRequest, talk: Conversation, values: dict[str, Any]) -> Reply:
    wanted = schema.wanted(request, talk)
    return Reply(content=schema.written_with(wanted, talk.task, values))
