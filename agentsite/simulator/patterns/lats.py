"""LATS: steps towards the answer, scores that rise with what is known, and the answer itself."""

import re
from dataclasses import replace
from typing import Any

import orjson

from agentsite.simulator.conversation import Conversation, Observation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import findings, prose, schema
from agentsite.simulator.writing.needs import Need, needs

_EXPANDS = "You search for the answer to a task, one step at a time"
_JUDGES = "You judge the next steps that others propose"
_CLOSES = "You write the answer to a task from the best route"
_LAST = "Each has to be final."
_FINAL = "With this step the route answers the task."
_MOST = re.compile(r"At most (\d+) candidates")
_ROUTE = re.compile(r"<route>\n(.*?)\n</route>", re.DOTALL)
_STEP = re.compile(r'^<step id="\d+">$', re.MULTILINE)
_CANDIDATE = re.compile(r'<candidate id="(\d+)">\n(.*?)\n</candidate>', re.DOTALL)
_USED = re.compile(r"^(\w+)\((\{[^\n]*\})\)\n<result>\n(.*?)\n</result>", re.DOTALL | re.MULTILINE)
_ANSWER = re.compile(r"<answer>\n(.*)\n</answer>", re.DOTALL)
# The prompt wants longer answers to be written later.
_MOST_WORDS = 150
_THOUGHTS = (
    (
        ("Say first who answers here", "A reader has to know what this answer can be."),
        ("Collect what the task says", "Its own words are all that is certain here."),
    ),
    (("Say what a model would do here", "Who answers is said; what is left out is not."),),
)


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """The next steps, their scores, or the answer."""
    if talk.system.startswith(_CLOSES):
        return Reply(content=_answer(talk))
    if talk.system.startswith(_EXPANDS):
        wanted = schema.wanted(request, talk)
        return _written(wanted, talk, {"candidates": _candidates(wanted, talk)})
    if talk.system.startswith(_JUDGES):
        return _written(schema.wanted(request, talk), talk, {"scores": _scores(talk)})
    return None


def _written(wanted: dict[str, Any], talk: Conversation, values: dict[str, Any]) -> Reply:
    return Reply(content=schema.written_with(wanted, talk.task, values))


def _candidates(wanted: dict[str, Any], talk: Conversation) -> list[dict[str, Any]]:
    properties = wanted["properties"]["candidates"]["items"]["properties"]
    offered = properties.get("tool", {}).get("enum", ())
    found = _steps(talk, offered)
    most = _MOST.search(_asked(talk))
    no_tool = {"tool": "none", "arguments_json": "{}"}
    blank = {"thought": "", "is_final": False, "answer": ""} | (no_tool if offered else {})
    return [blank | one for one in found][: int(most[1]) if most else None]


def _steps(talk: Conversation, offered: Any) -> list[dict[str, Any]]:
    """Look up what is missing; then think for as long as that gets anywhere; then answer."""
    draft = _ends("Answer with what there is", prose.compose(talk.task, polished=False))
    whole = _ends("Put the answer together", _answer(talk))
    depth = len(_STEP.findall(_route(talk)))
    if _LAST in _asked(talk):
        return [whole, draft]
    if missing := _missing(talk, offered):
        return [*map(_looks_up, missing), draft]
    if _used(talk) or depth >= len(_THOUGHTS) or not prose.improves(talk.task):
        return [whole]
    return [*({"action": act, "thought": why} for act, why in _THOUGHTS[depth]), draft]


def _looks_up(need: Need) -> dict[str, Any]:
    action = need.reason[:1].upper() + need.reason[1:]
    arguments = orjson.dumps({need.argument: need.value}).decode()
    thought = "Without it the answer would rest on a guess."
    return {"action": action, "thought": thought, "tool": need.tool, "arguments_json": arguments}


def _ends(action: str, answer: str) -> dict[str, Any]:
    short = len(answer.split()) <= _MOST_WORDS
    thought = "What the route has found is enough for an answer."
    ends = {"is_final": True, "answer": answer if short else ""}
    return {"action": action, "thought": thought, **ends}


def _missing(talk: Conversation, offered: Any) -> list[Need]:
    used = {(one.tool, one.arguments) for one in _used(talk)}
    return [
        need
        for need in needs(talk.task)
        if need.tool in offered
        and (need.tool, orjson.dumps({need.argument: need.value}).decode()) not in used
    ]


def _scores(talk: Conversation) -> list[dict[str, Any]]:
    candidates = _CANDIDATE.findall(_asked(talk))
    return [{"id": id, **_score(talk, int(id), text)} for id, text in candidates]


def _score(talk: Conversation, place: int, text: str) -> dict[str, Any]:
    """The deeper and the earlier, the better; an answer is as good as it is whole."""
    value = 0.74 - 0.04 * place + 0.08 * len(_STEP.findall(_route(talk)))
    comment = "Right, but not yet an answer."
    if _FINAL in text:
        written = _ANSWER.search(text)
        whole = written is None or written[1] == _answer(talk)
        value = 0.97 if whole else 0.42
        comment = "Nothing is missing." if whole else "It leaves the task itself open."
    elif used := _USED.search(text):
        failed = used[3].startswith("none:")
        value = 0.3 if failed else value
        comment = "It brought no result." if failed else "The result is exact, and it is needed."
    value = min(value, 0.9) if value < 0.97 else value
    return {
        "progress": round(value - 0.02, 2),
        "correctness": round(value + 0.02, 2),
        "confidence": round(value, 2),
        "comment": comment,
    }


def _asked(talk: Conversation) -> str:
    return talk.user_texts[0] if talk.user_texts else ""


def _route(talk: Conversation) -> str:
    found = _ROUTE.search(_asked(talk))
    return found[1] if found else ""


def _used(talk: Conversation) -> tuple[Observation, ...]:
    """The tools that the route has used, and what they brought."""
    return tuple(Observation(*one) for one in _USED.findall(_route(talk)))


def _answer(talk: Conversation) -> str:
    seen = tuple(one for one in _used(talk) if not one.result.startswith("none:"))
    if seen:
        return findings.answer(replace(talk, observations=seen))
    return prose.compose(talk.task, polished=True)
