"""The report as text: its citations, and how its parts are put together. No model does this.

While it is written, it cites as [3], which models know; in the end as footnotes, [^1].
"""

import re
from collections.abc import Callable, Collection, Sequence

from runs.engine.patterns.storm.sources import Source

# Code has brackets of its own.
CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
# [1], [1, 2], [1-3], [^1], also with a link that the model made of it.
CITATION = re.compile(r"\[\^?(\d{1,6}(?:\s*[,;–-]\s*\d{1,6})*)\](?:\((?:https?:|#)[^)\s]*\))?")
CITATIONS = re.compile(rf"([ \t]?)((?:{CITATION.pattern})+)")
RANGE = re.compile(r"(\d+)\s*[–-]\s*(\d+)")
MAX_RANGE = 20
# A footnote stands close to its word.
GAP = re.compile(r"(?<=[\w”’»%]) (?=\[\^)")
ROUND = str.maketrans("[]", "()")
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
# Where a line begins so, the rest of it would say what a number or a footnote stands for.
DEFINES = re.compile(r"^((?:[^\w\n\[]|\d{1,9}[.)])*+\[\d+\]):", re.MULTILINE)
HOST = re.compile(r"https?://(?:[^/?#@]*@)?(?:www\.)?([^/?#]+)")
OWN_TITLE = re.compile(r"\A#{1,6} [^\n]*\n+")


def known_only(text: str, known: Collection[int]) -> tuple[str, set[int]]:
    """The text with only those citations that it may have, and the numbers that were removed.

    It can't say by itself what a number stands for.
    """
    removed: set[int] = set()

    def keep(numbers: list[int]) -> list[int]:
        removed.update(set(numbers) - set(known))
        return [n for n in numbers if n in known]

    def cleaned(part: str) -> str:
        # What is still a footnote is none of ours.
        return DEFINES.sub(r"\1\\:", _cited(part, keep, "[{}]").replace("[^", "[\\^"))

    return _outside_code(text, cleaned), removed


def renumbered(text: str) -> tuple[str, list[int]]:
    """The text with footnotes, numbered as they first appear, and their old numbers in order."""
    order: list[int] = []

    def renumber(numbers: list[int]) -> list[int]:
        order.extend(n for n in dict.fromkeys(numbers) if n not in order)
        return [order.index(n) + 1 for n in numbers]

    def noted(part: str) -> str:
        return GAP.sub("", _cited(part, renumber, "[^{}]"))

    return _outside_code(text, noted), order


def without_title(text: str) -> str:
    """A section's text without the heading that it may have put above it."""
    return OWN_TITLE.sub("", text.strip()).strip()


def closed(text: str) -> str:
    """The text with an end to its last block of code, where it was cut before that."""
    opened = ""
    for mark in FENCE.findall(text):
        if not opened:
            opened = mark
        elif mark.startswith(opened):
            opened = ""
    return f"{text}\n{opened}" if opened else text


def assembled(title: str, lead: str, sections: Sequence[tuple[str, str]]) -> str:
    """The report, without its references."""
    parts = [f"# {title}" if title else "", lead]
    parts += [f"## {heading}\n\n{text}" for heading, text in sections]
    return "\n\n".join(part for part in parts if part)


def references(sources: Sequence[Source]) -> str:
    """The notes of what is cited, numbered from 1; empty where nothing is."""
    notes = [f"[^{n}]: {_note(one)}" for n, one in enumerate(sources, 1)]
    return "\n\n".join(["\n\n## References", *notes]) if notes else ""


def _note(source: Source) -> str:
    target = _target(source)
    host = HOST.match(target)
    return f"[{_label(source)}](<{target}>)" + (f", {host[1]}" if host else "")


def _label(source: Source) -> str:
    # An escaped bracket would begin a formula.
    title = source.title.translate(ROUND)
    return re.sub(r"([\\`*_<>$~])", r"\\\1", title)


def _target(source: Source) -> str:
    return re.sub(r"[<>\s\\]", "", source.url)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts = CODE.split(text)
    return "".join(part if place % 2 else change(part) for place, part in enumerate(parts))


def _cited(text: str, change: Callable[[list[int]], list[int]], form: str) -> str:
    """The text with its citations changed; one that is left without numbers is removed."""

    def one(found: "re.Match[str]") -> str:
        return "".join(map(form.format, change(_numbers(found[1]))))

    def run(found: "re.Match[str]") -> str:
        left = CITATION.sub(one, found[2])
        return found[1] + left if left else ""

    return CITATIONS.sub(run, text)


def _numbers(inside: str) -> list[int]:
    """The numbers of a citation, with those between the ends of a range."""
    found: list[int] = []
    for part in re.split(r"[,;]", inside):
        if (ends := RANGE.search(part)) is None:
            found.append(int(part))
        elif 0 <= (last := int(ends[2])) - (first := int(ends[1])) <= MAX_RANGE:
            found += range(first, last + 1)
        else:
            found += [first, last]
    return list(dict.fromkeys(found))
