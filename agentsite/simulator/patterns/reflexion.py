"""Reflexion: the first trial lacks what the next one, after a lesson, has."""

import re
from typing import Any

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import criteria, honest, prose, schema

_LESSON = re.compile(r"^- Trial \d+:", re.MULTILINE)
_PLAN = """\
1. Say what the result has to be.
2. Do what the task names, in its order.
3. Compare the result with the task before it is handed over."""


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """A plan, a trial, its test, a lesson, or the last result."""
    if wanted := schema.wanted(request, talk):
        return _judged(wanted, talk)
    if "You plan how to do a task whose result will be tested" in talk.system:
        return Reply(content=_PLAN)
    if "You do a task whose result will be tested" in talk.system:
        learnt = bool(_LESSON.search("\n".join(talk.user_texts)))
        return Reply(content=prose.compose(talk.task, polished=learnt))
    if "You finish a task after several trials" in talk.system:
        return Reply(content=prose.compose(talk.task, polished=True))
    return None


def _judged(wanted: dict[str, Any], talk: Conversation) -> Reply | None:
    if "You test whether a result does what its task asks" in talk.system:
        values = _verdict(talk)
    elif "You find out why a result failed its test" in talk.system:
        values = {
            "diagnosis": "The trial only said who answers.",
            "lesson": "Say also what was left out, and why.",
            "next_strategy": "Add one sentence on what a real model would do with the task.",
        }
    else:
        return None
    return Reply(content=schema.written_with(wanted, talk.task, values))


def _verdict(talk: Conversation) -> dict[str, Any]:
    """A success, unless the result lacks what the next trial will have."""
    text = "\n".join(talk.user_texts)
    lacks = prose.improves(talk.task) and honest.what_a_model_would_do(talk.task) not in text
    names = criteria.listed(text)
    judged = [
        {
            "name": name,
            "met": not (lacks and place == 0),
            "evidence": "It ends too early." if lacks and place == 0 else "Nothing is missing.",
        }
        for place, name in enumerate(names or ["Complete"])
    ]
    return {
        "verdict": "failure" if lacks else "success",
        "score": 0.6 if lacks else 0.95,
        "criteria": judged,
        "feedback": "It leaves the task itself open." if lacks else "It does what is asked.",
    }
