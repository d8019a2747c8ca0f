"""Artifacts that are rows: pairs of a name and a text, tables, sources, and two versions."""

import difflib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from runs.presenters.artifacts.fields import Data, count, rows, text, words

MAX_DIFF_LINES = 2000
FEW_SOURCES = 5


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names with a text each; `unused` others were not chosen."""

    pairs: tuple[tuple[str, str], ...]
    unused: int

    template = "runs/artifacts/_pairs.html"

    @property
    def told(self) -> bool:
        """True when there is a text for each name, which needs no list of names before them."""
        return all(said for _, said in self.pairs)

    @property
    def note(self) -> str:
        """How many of how many."""
        chosen = len(self.pairs)
        return f"{chosen} of {chosen + self.unused}" if self.unused else str(chosen)

    @property
    def summary(self) -> str:
        """In one line."""
        return ", ".join(name for name, _ in self.pairs)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    summary: str = ""

    template = "runs/artifacts/_table.html"


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was found; `url` is empty where it can't be linked."""

    n: str
    title: str
    url: str
    host: str
    quote: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What was found."""

    sources: tuple[Source, ...]
    summary: str = ""

    template = "runs/artifacts/_sources.html"

    @property
    def many(self) -> bool:
        """True when they would push everything else away."""
        return len(self.sources) > FEW_SOURCES

    @property
    def note(self) -> str:
        """How many."""
        return f"{len(self.sources)} source{'' if len(self.sources) == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Diff:
    """Lines of two versions: (kept, added or removed; text)."""

    lines: tuple[tuple[str, str], ...]

    template = "runs/artifacts/_diff.html"

    @property
    def note(self) -> str:
        """How many lines changed."""
        added = sum(kind == "added" for kind, _ in self.lines)
        removed = sum(kind == "removed" for kind, _ in self.lines)
        return f"{added} added, {removed} removed"

    @property
    def summary(self) -> str:
        """In one line."""
        return self.note


def pairs(data: Data) -> Pairs:
    """Of `pairs`."""
    found = tuple((text(one, "name"), text(one, "text")) for one in rows(data, "pairs"))
    return Pairs(found, count(data, "unused"))


def table(data: Data) -> Table:
    """Of `columns` and `rows`."""
    given: Any = data.get("rows")
    lines = [row for row in given if isinstance(row, list)] if isinstance(given, list) else []
    return Table(words(data, "columns"), tuple(tuple(map(str, row)) for row in lines))


def sources(data: Data) -> Sources:
    """Of `sources`."""
    return Sources(tuple(map(_source, rows(data, "sources"))))


def diff(data: Data) -> Diff:
    """Of `before` and `after`."""
    before = text(data, "before").splitlines()[:MAX_DIFF_LINES]
    after = text(data, "after").splitlines()[:MAX_DIFF_LINES]
    kinds = {"  ": "kept", "+ ": "added", "- ": "removed"}
    compared = difflib.ndiff(before, after)
    return Diff(tuple((kinds[line[:2]], line[2:]) for line in compared if line[:2] in kinds))


def _source(one: Data) -> Source:
    url = text(one, "url")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    linked = parts.scheme in ("http", "https")
    return Source(
        n=text(one, "n"),
        title=text(one, "title") or url,
        url=url if linked else "",
        host=parts.netloc if linked else "",
        quote=text(one, "quote"),
    )
