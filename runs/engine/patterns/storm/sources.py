"""The sources of a report, numbered in the order in which their searches were planned."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from yarl import URL

from runs.engine.model_json import Unreadable, read_json
from runs.engine.tools.marks import inert
from runs.engine.tools.tool import Outcome

SHORT_CHARS = 160
NOTHING = "None was found."


@dataclass(frozen=True, slots=True)
class Source:
    """A page that a search found."""

    n: int
    title: str
    url: str
    snippet: str
    fetched_at: str

    def told(self, most: int | None = None) -> str:
        """As a model reads it."""
        return inert(f"[{self.n}] {self.title} ({self.url})\n{self.snippet[:most]}")


class Sources:
    """What was found. A page that several searches found has one number."""

    def __init__(self) -> None:
        self._by_url: dict[str, Source] = {}

    @property
    def numbers(self) -> list[int]:
        """All numbers."""
        return [source.n for source in self._by_url.values()]

    def add(self, outcome: Outcome, most: int) -> list[int]:
        """Keep the first results of a search, and return their numbers."""
        return [self._kept(one, at) for at, one in _results(outcome, most)]

    def of(self, numbers: Collection[int]) -> list[Source]:
        """Those with these numbers, in their order."""
        return [source for source in self._by_url.values() if source.n in numbers]

    def cited(self, numbers: Sequence[int]) -> list[Source]:
        """Those with these numbers, in the order given and numbered anew by it."""
        by_number = {source.n: source for source in self._by_url.values()}
        return [replace(by_number[n], n=place) for place, n in enumerate(numbers, 1)]

    def told(self, numbers: Collection[int], most: int | None = None) -> str:
        """Those with these numbers, as a model reads them."""
        return "\n\n".join(source.told(most) for source in self.of(numbers)) or NOTHING

    def _kept(self, found: dict[str, str], at: str) -> int:
        address = _address(found["url"])
        if address not in self._by_url:
            self._by_url[address] = Source(
                n=len(self._by_url) + 1,
                title=" ".join(found["title"].split()),
                url=found["url"],
                snippet=" ".join(found["snippet"].split()),
                fetched_at=at,
            )
        return self._by_url[address].n


def listed(sources: Iterable[Source]) -> list[dict[str, Any]]:
    """As data, for a result or an artifact."""
    return [asdict(source) for source in sources]


def _results(outcome: Outcome, most: int) -> list[tuple[str, dict[str, str]]]:
    """When and what a search found; nothing of one that failed, whatever its text says."""
    if not outcome.ok:
        return []
    try:
        answer = read_json(outcome.text)
        return [(answer["fetched_at"], one) for one in answer["results"][:most]]
    except (Unreadable, KeyError, TypeError):
        return []


def _address(url: str) -> str:
    """The same for spellings of an address that lead to the same page."""
    try:
        return str(URL(url).with_fragment(None)).rstrip("/")
    except ValueError:
        return url
