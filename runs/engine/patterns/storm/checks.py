"""What is wrong with what a model planned, in words for the model."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from runs.engine.patterns.storm.steps import MAX_QUERY_CHARS, MAX_TITLE_CHARS
from runs.engine.plans.graph import repeated

MAX_POINTS = 12
HEADING = re.compile(r"\A#{1,6} ")


def perspectives(found: dict[str, Any], most: int) -> list[str]:
    """Of the viewpoints."""
    names = [plain(one["name"]) for one in found["perspectives"]]
    return [*_count("perspectives", names, most), *_texts("name", names, MAX_TITLE_CHARS)]


def questions(found: dict[str, Any], most: int) -> list[str]:
    """Of the questions of a viewpoint."""
    asked = found["questions"]
    queries = [plain(one["query"]) for one in asked]
    return [*_count("questions", asked, most), *_texts("query", queries, MAX_QUERY_CHARS)]


def follow_up(found: dict[str, Any]) -> list[str]:
    """Of one more question."""
    return [] if found["done"] else list(_texts("query", [plain(found["query"])], MAX_QUERY_CHARS))


def outline(found: dict[str, Any], most: int, sources: Collection[int]) -> list[str]:
    """Of an outline; a draft has neither ids nor sources."""
    sections = found["sections"]
    ids = [one["id"] for one in sections if "id" in one]
    wanted = {n for one in sections for n in one.get("source_ids", ())}
    faults = [*_count("sections", sections, most)]
    faults += _texts("title", [plain(one["title"]) for one in sections], MAX_TITLE_CHARS)
    faults += [f"The id “{one[:40]}” stands there twice." for one in repeated(ids)]
    faults += [f"There is no source {n}." for n in sorted(wanted - set(sources))[:20]]
    if any(len(one["points"]) > MAX_POINTS for one in sections):
        faults.append(f"A section has at most {MAX_POINTS} points.")
    return faults


def plain(text: str) -> str:
    """On one line, without the marks of a heading."""
    return HEADING.sub("", " ".join(text.split()))


def _count(what: str, items: Sequence[Any], most: int) -> Iterator[str]:
    if not items:
        yield f"There are no {what}."
    if len(items) > most:
        yield f"There are {len(items)} {what}, and at most {most} are wanted."


def _texts(what: str, texts: Sequence[str], most: int) -> Iterator[str]:
    if not all(texts):
        yield f"A {what} is empty."
    if any(len(text) > most for text in texts):
        yield f"A {what} is longer than {most} characters."
