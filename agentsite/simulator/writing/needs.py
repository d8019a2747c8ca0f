"""Which tools a task can't be answered well without, and what to ask of them."""

import re
from dataclasses import dataclass

from .arithmetic import find_expressions
from .places import find_zones, place_of
from .topic import subject_of

_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_ASKS_SEARCH = re.compile(
    r"\b(search|look up|look for|find (?:out|sources|me)|latest|news|sources|research|cite)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to ask of a tool: the argument that matters, and why."""

    tool: str
    argument: str
    value: str
    reason: str


def needs(task: str) -> list[Need]:
    """What a task can't be answered well without."""
    found = [
        Need("calculator", "expression", expression, f"work out {expression} exactly")
        for expression in find_expressions(task)
    ]
    found += [
        Need("current_time", "timezone", zone, f"read the clock for {place_of(zone)}")
        for zone in find_zones(task)
    ]
    urls = [url.rstrip(".,;:!?") for url in _URL.findall(task)]
    found += [Need("http_fetch", "url", url, f"read {url}") for url in dict.fromkeys(urls)]
    if _ASKS_SEARCH.search(task) and not urls:
        topic = subject_of(task)
        found.append(Need("web_search", "query", topic, f"search for {topic}"))
    return found
