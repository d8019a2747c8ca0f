"""Reflection: tells draft, review and refinement apart, and reviews what a text lacks."""

import re
from typing import Any

import orjson

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import passages, prose, schema

_REFINES = re.compile(r"\b(refin|revis|improv|rewrit)", re.IGNORECASE)
_TOOLS = re.compile(r"\btools?\b", re.IGNORECASE)
_GIVES_ISSUES = re.compile(r"\b(issues?|critique|review|feedback)\b", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,3} +(.+)$", re.MULTILINE)

_WANTED = (
    (
        passages.EXAMPLE,
        "major",
        "It gives rules but never shows one applied, so a reader can't check the understanding.",
        "Add a short example with a before and an after, under a heading of its own.",
    ),
    (
        passages.LIMITS,
        "major",
        "It reads as if nothing could fail; a reader will meet the first difficulty unprepared.",
        "Name two or three things that go wrong in practice, each with what to do about it.",
    ),
    (
        passages.NEXT,
        "minor",
        "It stops without saying what to do now.",
        "Close with one concrete action that takes less than an hour.",
    ),
)
_CRITERIA = re.compile(r"<criteria>\s*(.*?)\s*</criteria>", re.DOTALL)
_CRITERION = re.compile(r"^[-*] +(.+)$", re.MULTILINE)
_USUAL_CRITERIA = ("Complete and concrete", "Clear purpose", "Well organised")
_KEEP = (
    "The opening paragraph: it says what to take away before any detail.",
    "The short sections, whose headings tell the story by themselves.",
)


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """A review, or the text before or after one."""
    if wanted := schema.wanted(request, talk):
        return _review(wanted, talk) if _is_critique(wanted) else None
    if _is_refinement(talk):
        return Reply(content=prose.compose(talk.task, polished=True))
    if _is_draft(talk):
        return Reply(content=prose.compose(talk.task, polished=False))
    return None


def _is_critique(wanted: dict[str, Any]) -> bool:
    """True for the schema of a review: a verdict with issues."""
    return {"verdict", "issues"} <= set(wanted.get("properties") or ())


def _is_refinement(talk: Conversation) -> bool:
    """True when a text is to be improved after a review."""
    given = "\n".join(talk.user_texts).replace(talk.raw_task, "", 1)
    return bool(_REFINES.search(talk.system) and _GIVES_ISSUES.search(given))


def _is_draft(talk: Conversation) -> bool:
    """True when a first version is wanted that will be reviewed."""
    return bool(talk.system) and not _TOOLS.search(talk.system)


def _review(wanted: dict[str, Any], talk: Conversation) -> Reply:
    return Reply(content=orjson.dumps(_critique(wanted, talk)).decode())


def _critique(wanted: dict[str, Any], talk: Conversation) -> dict[str, Any]:
    """A review in the given schema: it asks for what the text lacks, else accepts."""
    text = "\n".join(talk.user_texts)
    sections = [section.strip() for section in _HEADING.findall(text)]
    issues = [
        {
            "severity": severity,
            "where": f"After “{sections[-1]}”" if sections else "The whole text",
            "problem": problem,
            "fix": fix,
        }
        for heading, severity, problem, fix in _WANTED
        if heading not in text and prose.improves(talk.task)
    ]
    values = {
        "verdict": "revise" if issues else "accept",
        "issues": issues,
        "keep": list(_KEEP),
        "criteria": _criteria(text, not issues),
    }
    return schema.with_values(schema.instance(wanted, talk.task), values, wanted)


def _criteria(text: str, complete: bool) -> list[dict[str, Any]]:
    """A judgement of each criterion in the prompt; a draft fails the first, on completeness."""
    listed = _CRITERIA.search(text)
    names = _CRITERION.findall(listed[1]) if listed else []
    return [
        {
            "name": name,
            "met": complete or index > 0,
            "note": "Nothing is missing." if complete or index > 0 else "See the issues.",
        }
        for index, name in enumerate(names or _USUAL_CRITERIA)
    ]
