"""The research of a report: who asks, what is asked, and what the searches found."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from runs.engine.context import Context
from runs.engine.patterns.storm.checks import plain
from runs.engine.patterns.storm.sources import SHORT_CHARS, Sources
from runs.engine.tools.tool import Outcome
from runs.engine.types import ToolCall

SEARCH_TOOL = "web_search"
# A section's prompt has so many of the questions about it.
MAX_NEAR = 12


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A kind of person who asks."""

    name: str
    focus: str = ""

    @property
    def told(self) -> str:
        """As a model reads it."""
        return f"{self.name}: {self.focus}" if self.focus else self.name


@dataclass(slots=True)
class Question:
    """What was asked, and what was found and said about it."""

    text: str
    query: str
    section: str = ""
    sources: list[int] = field(default_factory=list)
    answer: str = ""

    @property
    def told(self) -> str:
        """As a model reads it."""
        found = ", ".join(f"[{n}]" for n in self.sources) or "no source"
        answer = f"\n  {self.answer}" if self.answer else ""
        return f"- {self.text} ({found}){answer}"


class Research:
    """What was asked from each viewpoint. A query is searched for once, whoever asks it."""

    def __init__(self, ctx: Context, results_per_query: int) -> None:
        self.sources = Sources()
        self.viewpoints: list[Viewpoint] = []
        self.questions: dict[int, list[Question]] = {}
        self.outcomes: list[Outcome] = []
        self._ctx = ctx
        self._most = results_per_query
        self._found: dict[str, list[int]] = {}

    @property
    def can_search(self) -> bool:
        """True where there is a search."""
        return self._ctx.tools.box.get(SEARCH_TOOL) is not None

    def all_questions(self) -> Iterator[Question]:
        """Viewpoint by viewpoint, in the order in which each asked."""
        for place in sorted(self.questions):
            yield from self.questions[place]

    async def search(self, place: str, asked: Sequence[Question]) -> None:
        """Search for all of these side by side, and number what is found in their order."""
        if not self.can_search:
            return
        new: dict[str, str] = {}
        for one in asked:
            if _same(one.query) not in self._found:
                new.setdefault(_same(one.query), one.query)
        searches = (self._look_up(f"{place}/{n}", query) for n, query in enumerate(new.values(), 1))
        outcomes = await self._ctx.gather(*searches)
        self.outcomes += outcomes
        for same, outcome in zip(new, outcomes, strict=True):
            self._found[same] = self.sources.add(outcome, self._most)
        for one in asked:
            one.sources = self._found[_same(one.query)]

    def about(self, sources: Collection[int]) -> str:
        """The questions for which these sources were found, with their answers."""
        near = [one for one in self.all_questions() if not set(sources).isdisjoint(one.sources)]
        return _told(near[:MAX_NEAR])

    def heard(self) -> str:
        """All questions with their sources and answers, by viewpoint."""
        parts = [f"{self._name(place)}\n{_told(self.questions[place])}" for place in self._asking]
        return "\n\n".join(parts) or "Nothing was asked."

    def heard_by(self, place: int) -> str:
        """What one viewpoint asked, after the sources that were found for it: the longer part, and
        the one that only grows at its end.
        """
        questions = self.questions.get(place, [])
        numbers = {n for one in questions for n in one.sources}
        sources = self.sources.told(numbers, SHORT_CHARS)
        return f"Sources:\n{sources}\n\nAsked:\n{_told(questions) or 'Nothing yet.'}"

    def found_so_far(self, most: int | None = None) -> str:
        """Everything that a short report could be written from."""
        return f"{self.heard()}\n\nSources:\n{self.sources.told(self.sources.numbers, most)}"

    @property
    def _asking(self) -> list[int]:
        return [place for place in sorted(self.questions) if self.questions[place]]

    def _name(self, place: int) -> str:
        return self.viewpoints[place].name

    async def _look_up(self, position: str, query: str) -> Outcome:
        arguments = orjson.dumps({"query": query}).decode()
        return await self._ctx.use(position, ToolCall("search", SEARCH_TOOL, arguments))


def _told(questions: Iterable[Question]) -> str:
    return "\n".join(one.told for one in questions)


def _same(query: str) -> str:
    return plain(query).casefold()
