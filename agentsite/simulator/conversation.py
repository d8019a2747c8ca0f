"""Reads a request's messages: the task, what was asked of the tools, and what they answered."""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from agentsite.simulator.protocol.tokens import content_text

from .faults import without_directives

_TAGGED_TASK = re.compile(r"<(task|question|user_task)>\s*(.*?)\s*</\1>", re.DOTALL)
_LABELLED_TASK = re.compile(
    r"^(?:#+ *)?(?:Task|Question)\s*:?\s*\n?(.+?)(?=\n\s*\n(?:#+ |<|[A-Z][\w ]{2,30}:)|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FINDINGS = re.compile(r"<findings>\s*(.*?)\s*</findings>", re.DOTALL)
_FINDING = re.compile(r"^(\w+)\((\{.*\})\):\n(.*?)(?=\n\n\w+\(\{|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Observation:
    """One earlier tool call with the text that the tool answered."""

    tool: str
    arguments: str
    result: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages, sorted by what they are."""

    system: str
    user_texts: tuple[str, ...]
    raw_task: str
    observations: tuple[Observation, ...]

    @property
    def task(self) -> str:
        """What the user wants, without simulator directives."""
        return without_directives(self.raw_task)

    @classmethod
    def of(cls, messages: list[dict[str, Any]]) -> "Conversation":
        """Sort the messages of a checked request."""
        system, users = [], []
        for message in messages:
            if message["role"] in ("system", "developer"):
                system.append(content_text(message.get("content")))
            elif message["role"] == "user":
                users.append(content_text(message.get("content")))
        return cls(
            system="\n".join(system),
            user_texts=tuple(users),
            raw_task=_find_task(users[0] if users else ""),
            observations=_observations(messages) or _written_findings(users),
        )


def comparable(arguments: str) -> bytes:
    """A call's arguments, spelled alike where they mean the same."""
    try:
        return orjson.dumps(orjson.loads(arguments), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return arguments.encode()


def _find_task(text: str) -> str:
    if tagged := _TAGGED_TASK.search(text):
        return tagged[2]
    if labelled := _LABELLED_TASK.match(text):
        return labelled[1].strip()
    return text.strip()


def _observations(messages: list[dict[str, Any]]) -> tuple[Observation, ...]:
    calls: dict[str, dict[str, str]] = {}
    found = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            calls[call["id"]] = call["function"]
        if message["role"] == "tool":
            asked = calls[message["tool_call_id"]]
            result = content_text(message.get("content"))
            found.append(Observation(asked["name"], asked["arguments"], result))
    return tuple(found)


def _written_findings(users: list[str]) -> tuple[Observation, ...]:
    """Tool results that a closing prompt carries as text."""
    digest = _FINDINGS.search("\n".join(users))
    found = _FINDING.findall(digest[1]) if digest else ()
    return tuple(Observation(tool, arguments, result) for tool, arguments, result in found)
