"""STORM: viewpoints, questions and an outline of what was found; its texts quote their sources."""

import re
from typing import Any

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import honest, schema
from agentsite.simulator.writing.topic import subject_of

_VIEWPOINTS = (
    ("Expert", "How it works, and what is known about it for certain."),
    ("Practitioner", "What it takes to do it, and what goes wrong."),
    ("Critic", "What it costs, whom it harms, and what is claimed without proof."),
    ("Newcomer", "Where to begin, and which words have to be known."),
    ("Researcher", "What was measured, and how far that can be trusted."),
    ("Neighbour", "What changes for those who only live with it."),
)
_SECTIONS = (
    ("What it is", ("What the words mean", "Where it is used")),
    ("How it is done", ("The usual steps", "What is needed")),
    ("What it brings", ("For whom", "How that is measured")),
    ("Limits and criticism", ("What it can't do", "Who objects")),
    ("How it came about", ("The first ones", "What changed since")),
    ("What is open", ("Questions without an answer",)),
)
# Some are asked from several viewpoints, as people do.
_SIDES = ("overview", "practice", "costs", "criticism", "history", "research")
_QUESTIONS = 3
_SOURCES_OF_A_SECTION = 5

_LIMIT = re.compile(r"<limits>\s*At most (\d+)")
_VIEWPOINT = re.compile(r"<viewpoint>\s*([^:<\n]+)")
_BLOCK = re.compile(r"<(sources|findings|report)>\s*(.*?)\s*</\1>", re.DOTALL)
_SOURCE = re.compile(r"^\[(\d+)\] [^\n]+\n([^\n]*)", re.MULTILINE)
_CITED = re.compile(r"\[(\d+)\]")
_TITLES = re.compile(r"^## (.+)$", re.MULTILINE)


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """What is planned, or the text of a part of the report; None for calls of other patterns."""
    prompt = "\n".join(talk.user_texts)
    if values := _planned(talk.system, subject_of(talk.task), prompt):
        wanted = schema.wanted(request, talk)
        return Reply(content=schema.written_with(wanted, talk.task, values))
    text = _text(talk, prompt)
    return Reply(content=text) if text else None


def _planned(system: str, subject: str, prompt: str) -> dict[str, Any]:
    title = subject[:1].upper() + subject[1:]
    if "You choose the viewpoints" in system:
        chosen = _VIEWPOINTS[: _limit(prompt)]
        return {"perspectives": [{"name": name, "focus": focus} for name, focus in chosen]}
    if "You draft the outline of a report" in system:
        return {"title": title, "sections": _sections(prompt)}
    if "and ask what this person wants to know" in system:
        questions = _questions(subject, _viewpoint(prompt))
        return {"questions": questions[: _limit(prompt)]}
    if "and ask the one question that now matters most" in system:
        return _follow_up(subject, _viewpoint(prompt))
    if "You make the outline of a report" in system:
        return {"title": title, "sections": _with_sources(_sections(prompt), prompt)}
    return {}


def _limit(prompt: str) -> int:
    found = _LIMIT.search(prompt)
    return int(found[1]) if found else 3


def _viewpoint(prompt: str) -> int:
    """Which of the viewpoints asks; the same for the same name."""
    found = _VIEWPOINT.search(prompt)
    name = found[1].strip() if found else ""
    names = [known for known, _ in _VIEWPOINTS]
    return names.index(name) if name in names else len(name)


def _questions(subject: str, viewpoint: int) -> list[dict[str, str]]:
    sides = [(viewpoint + n) % len(_SIDES) for n in range(_QUESTIONS)]
    return [
        {
            "text": f"What is there to say about {subject}: {_SIDES[side]}?",
            "query": f"{subject} {_SIDES[side]}",
            "section": _SECTIONS[side][0],
        }
        for side in sides
    ]


def _follow_up(subject: str, viewpoint: int) -> dict[str, Any]:
    side = _SIDES[(viewpoint + _QUESTIONS) % len(_SIDES)]
    return {
        "done": False,
        "text": f"And what about {subject}: {side}?",
        "query": f"{subject} {side} in detail",
    }


def _sections(prompt: str) -> list[dict[str, Any]]:
    planned = _SECTIONS[: _limit(prompt)]
    return [{"title": title, "points": list(points)} for title, points in planned]


def _with_sources(sections: list[dict[str, Any]], prompt: str) -> list[dict[str, Any]]:
    """The sources are dealt out to the sections in turn."""
    numbers = [int(n) for n, _ in _given(prompt, "sources")]
    return [
        section
        | {
            "id": f"s{place + 1}",
            "source_ids": numbers[place :: len(sections)][:_SOURCES_OF_A_SECTION],
        }
        for place, section in enumerate(sections)
    ]


def _text(talk: Conversation, prompt: str) -> str:
    """The text of a section, a lead, an answer or a short report, told by the system prompt."""
    if "You write one section of a report" in talk.system:
        return _quoted(_given(prompt, "sources")) or honest.who_answers(talk.task)
    if "You answer a question from numbered sources" in talk.system:
        return _quoted(_given(prompt, "sources")[:2]) or "The sources don't answer this."
    if "You write a short report from what was found" in talk.system:
        return _quoted(_given(prompt, "findings")[:8]) or honest.who_answers(talk.task)
    if "You write the lead of a report" in talk.system:
        return _lead(talk, _block(prompt, "report"))
    return ""


def _lead(talk: Conversation, report: str) -> str:
    titles = ", ".join(f"“{title}”" for title in _TITLES.findall(report))
    cited = _CITED.search(report)
    source = f" {cited[0]}" if cited else ""
    return f"{honest.who_answers(talk.task)} The sections quote what was found: {titles}{source}."


def _quoted(sources: list[tuple[str, str]]) -> str:
    """Each source in its own words, with its number."""
    lines = [f"- {said.strip().rstrip('.')} [{n}]." for n, said in sources if said.strip()]
    return "\n".join(["This is what the sources say:", "", *lines]) if lines else ""


def _given(prompt: str, block: str) -> list[tuple[str, str]]:
    """The numbers and words of the sources in a block."""
    return _SOURCE.findall(_block(prompt, block))


def _block(prompt: str, name: str) -> str:
    return next((text for found, text in _BLOCK.findall(prompt) if found == name), "")
