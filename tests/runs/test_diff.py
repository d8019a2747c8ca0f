"""What differs between two texts: nothing lost, the fewest edits, and never slow."""

import random
import time
from collections.abc import Iterator, Sequence

import pytest

from runs.diff import MAX_LINES, Diff, Piece, diff
from runs.engine.edits import matches

LINES = ["a", "b b", "c", "a b", ""]


def side(found: Diff, name: str) -> list[str]:
    """One of the two texts, put together again from the rows."""
    cells: Sequence[tuple[Piece, ...] | None] = [getattr(row, name) for row in found.rows]
    return ["".join(piece.text for piece in cell) for cell in cells if cell is not None]


def longest_common(a: list[str], b: list[str]) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        above, row = row, [0]
        for j, y in enumerate(b):
            row.append(above[j] + 1 if x == y else max(above[j + 1], row[j]))
    return row[-1]


def pairs(count: int = 300) -> Iterator[tuple[list[str], list[str]]]:
    """Short texts that have much in common, the same in each test."""
    pick = random.Random(4)
    for _ in range(count):
        yield pick.choices(LINES, k=pick.randrange(12)), pick.choices(LINES, k=pick.randrange(12))


def test_no_line_is_lost_or_made_up():
    for a, b in pairs():
        found = diff("\n".join(a), "\n".join(b))
        assert side(found, "a") == "\n".join(a).splitlines()
        assert side(found, "b") == "\n".join(b).splitlines()
        assert all(row.a == row.b for row in found.rows if row.kind == "same")


def test_as_much_as_possible_is_kept():
    for a, b in pairs():
        kept = matches(a, b, 100)
        assert kept is not None
        assert len(kept) == longest_common(a, b)
        assert all(a[x] == b[y] for x, y in kept)


def test_changed_words_of_a_line():
    (first, second) = diff("It costs $5.\nAll.", "It costs $6.\nAll.").rows
    assert first.kind == "changed"
    assert [piece for piece in first.a or () if piece.changed] == [Piece("5", changed=True)]
    assert [piece for piece in first.b or () if piece.changed] == [Piece("6", changed=True)]
    assert second.kind == "same"


def test_lines_that_have_little_in_common_differ_as_a_whole():
    (row,) = diff("one two three four", "five, six; seven: eight").rows
    assert row.a == (Piece("one two three four", changed=True),)


def test_added_and_removed_lines():
    found = diff("a\nb\nc", "a\nc\nd")
    assert [row.kind for row in found.rows] == ["same", "removed", "same", "added"]
    assert not found.equal
    assert diff("a", "a").equal
    assert diff("", "").rows == []


def test_a_long_text_is_cut_and_says_so():
    text = "line\n" * (MAX_LINES + 5)
    found = diff(text, text)
    assert (len(found.rows), found.cut, found.equal) == (MAX_LINES, True, True)
    assert not diff("a\n", "a").cut


def _random(letters: str, count: int, between: str) -> str:
    pick = random.Random(len(letters) * count)  # the same in each test
    return between.join(pick.choice(letters) for _ in range(count))


HARD = {
    "nothing in common": ("a\n" * 25_000, "b\n" * 25_000),
    "two lines in any order": (_random("ab", 25_000, "\n"), _random("ba", 24_000, "\n")),
    "one line of two words": (_random("ab", 25_000, " "), _random("ba", 24_000, " ")),
    "many lines of few words": (
        "\n".join(_random("abcdefgh", 60 + n % 3, " ") for n in range(400)),
        "\n".join(_random("hgfedcba", 60 + n % 5, " ") for n in range(400)),
    ),
    "one word": ("x" * 5_000_000, "x" * 4_999_999 + "y"),
}


@pytest.mark.parametrize("name", HARD)
def test_however_long_and_unlike_they_are_it_is_quick(name: str):
    began = time.process_time()
    assert diff(*HARD[name]).rows
    assert time.process_time() - began < 2
