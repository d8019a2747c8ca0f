"""What differs between two texts: by line, and inside changed lines by word.

Bounded, however long and unlike the texts are: what would take too many edits counts as replaced.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from runs.engine.edits import aligned, parts

Kind = Literal["same", "changed", "removed", "added"]

# What comes after so many characters or lines of a text is not compared.
MAX_CHARACTERS = 50_000
MAX_LINES = 2_000
MAX_LINE_EDITS = 400
MAX_WORD_EDITS = 80
# So many words are looked at in all; lines after these differ as a whole.
MAX_WORDS = 20_000
# Where more of two lines differs, their common words are chance.
ALIKE = 0.6
WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line, and whether the other text has them too."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each text, or of one of them."""

    kind: Kind
    a: tuple[Piece, ...] | None
    b: tuple[Piece, ...] | None


@dataclass(frozen=True, slots=True)
class Diff:
    """Two texts side by side; `cut` says that at least one goes on."""

    rows: Sequence[Row]
    equal: bool
    cut: bool


def diff(a: str, b: str) -> Diff:
    """Compare two texts."""
    cut_a, cut_b = (text[:MAX_CHARACTERS] for text in (a, b))
    all_a, all_b = cut_a.splitlines(), cut_b.splitlines()
    lines_a, lines_b = all_a[:MAX_LINES], all_b[:MAX_LINES]
    words = _Words()
    rows = [
        row
        for equal, of_a, of_b in parts(lines_a, lines_b, MAX_LINE_EDITS)
        for row in (_same(of_a) if equal else words.rows(of_a, of_b))
    ]
    whole = (cut_a, cut_b, lines_a, lines_b) == (a, b, all_a, all_b)
    return Diff(rows, equal=a == b, cut=not whole)


def _same(lines: Sequence[str]) -> list[Row]:
    return [Row("same", (Piece(line),), (Piece(line),)) for line in lines]


class _Words:
    """Compares changed lines word by word, as long as there are not too many."""

    def __init__(self) -> None:
        self._left = MAX_WORDS

    def rows(self, of_a: Sequence[str], of_b: Sequence[str]) -> list[Row]:
        return [self._row(*pair) for pair in zip_longest(of_a, of_b)]

    def _row(self, a: str | None, b: str | None) -> Row:
        if a is None or b is None:
            kind: Kind = "added" if a is None else "removed"
            return Row(kind, a if a is None else _whole(a), b if b is None else _whole(b))
        words_a, words_b = WORDS.findall(a), WORDS.findall(b)
        count = len(words_a) + len(words_b)
        self._left -= count
        found = None
        if self._left >= 0:
            found = aligned(words_a, words_b, min(MAX_WORD_EDITS, int(count * ALIKE)))
        if found is None:
            return Row("changed", _whole(a), _whole(b))
        return Row(
            "changed",
            tuple(Piece("".join(words), not equal) for equal, words, _ in found if words),
            tuple(Piece("".join(words), not equal) for equal, _, words in found if words),
        )


def _whole(line: str) -> tuple[Piece, ...]:
    return (Piece(line, changed=True),)
