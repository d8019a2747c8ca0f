"""Reflection: tells draft, review and refinement apart, and reviews what a text lacks."""

import re
from typing import Any

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import criteria, honest, prose, schema

_REFINES = re.compile(r"\b(refin|revis|improv|rewrit)", re.IGNORECASE)
_WRITES = re.compile(r"\byou write what is asked for\b", re.IGNORECASE)
_GIVES_ISSUES = re.compile(r"\b(issues?|critique|review|feedback)\b", re.IGNORECASE)
_USUAL_CRITERIA = ("Complete and concrete", "Clear purpose", "Well organised")
_KEEP = ("The first sentence: it says at once who answers.",)


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
    return bool(_WRITES.search(talk.system))


def _review(wanted: dict[str, Any], talk: Conversation) -> Reply:
    return Reply(content=schema.written_with(wanted, talk.task, _critique(talk)))


def _critique(talk: Conversation) -> dict[str, Any]:
    """A review: it asks for what the text lacks, else accepts."""
    text = "\n".join(talk.user_texts)
    missing = honest.what_a_model_would_do(talk.task)
    issues = [_issue()] if prose.improves(talk.task) and missing not in text else []
    return {
        "verdict": "revise" if issues else "accept",
        "issues": issues,
        "keep": list(_KEEP),
        "criteria": _criteria(text, not issues),
    }


def _issue() -> dict[str, str]:
    return {
        "severity": "major",
        "where": "The end",
        "problem": "It says who answers, but not what a real model would do with the task.",
        "fix": "Add one sentence that says so.",
    }


def _criteria(text: str, complete: bool) -> list[dict[str, Any]]:
    """A judgement of each criterion in the prompt; a draft fails the first, on completeness."""
    names = criteria.listed(text)
    return [
        {
            "name": name,
            "met": complete or index > 0,
            "note": "Nothing is missing." if complete or index > 0 else "See the issues.",
        }
        for index, name in enumerate(names or _USUAL_CRITERIA)
    ]
