"""The sections of a report as they are planned."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from runs.engine.patterns.storm.checks import plain
from runs.engine.patterns.storm.report import known_only
from runs.engine.patterns.storm.research import Question

# A section's prompt has the texts of so many sources at most.
MAX_SOURCES = 15


@dataclass(frozen=True, slots=True)
class Section:
    """A section, what it has to settle, and the numbers of its sources."""

    title: str
    points: tuple[str, ...] = ()
    sources: tuple[int, ...] = ()

    @property
    def told(self) -> str:
        """As a model reads it."""
        return "\n".join([self.title, *(f"- {point}" for point in self.points)])


def planned(found: dict[str, Any]) -> list[Section]:
    """The sections of a checked outline; those of a draft have no sources."""
    return [
        Section(
            title=title(one["title"]),
            points=tuple(filter(None, map(plain, one["points"]))),
            sources=tuple(dict.fromkeys(one.get("source_ids", ())))[:MAX_SOURCES],
        )
        for one in found["sections"]
    ]


def without_outline(
    draft: Collection[Section], questions: Iterable[Question], sources: Collection[int]
) -> list[Section]:
    """The draft's sections with the sources of their questions; one of all where there is none."""
    if not draft:
        return [Section("Findings", (), tuple(sources)[:MAX_SOURCES])]
    asked = list(questions)
    return [
        Section(one.title, one.points, tuple(dict.fromkeys(_for(one, asked)))[:MAX_SOURCES])
        for one in draft
    ]


def told(sections: Iterable[Section]) -> str:
    """An outline as a model reads it."""
    return "\n\n".join(section.told for section in sections) or "There is none yet."


def title(text: str) -> str:
    """A heading: on one line, without citations."""
    return plain(known_only(text, ())[0])


def _for(section: Section, asked: Iterable[Question]) -> Iterable[int]:
    return (
        n
        for question in asked
        if question.section.casefold() == section.title.casefold()
        for n in question.sources
    )
