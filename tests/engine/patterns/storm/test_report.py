"""Citations are kept, removed and numbered by code, and nothing else of a text is touched."""

import time

import pytest

from runs.engine.patterns.storm.report import (
    closed,
    known_only,
    references,
    renumbered,
    without_title,
)
from runs.engine.patterns.storm.sources import Source, Sources
from runs.engine.tools.tool import Outcome


@pytest.mark.parametrize(
    ("text", "kept", "removed"),
    [
        ("Owls [1].", "Owls [1].", set()),
        ("Owls [9].", "Owls.", {9}),
        ("Owls [1, 9; 2].", "Owls [1][2].", {9}),
        ("Owls [1][9][2].", "Owls [1][2].", {9}),
        ("Owls [9][8].", "Owls.", {8, 9}),
        ("Owls [1-3].", "Owls [1][2][3].", set()),
        ("Owls [2–4].", "Owls [2][3].", {4}),
        ("Owls [1-900000].", "Owls [1].", {900_000}),
        ("Owls [^1][^9].", "Owls [1].", {9}),
        ("Owls [1](https://evil.example/).", "Owls [1].", set()),
        ("Owls [owls] [a1] [] [1a].", "Owls [owls] [a1] [] [1a].", set()),
        ("`a[9]` and\n```\nb[^9]\n```\n[9]", "`a[9]` and\n```\nb[^9]\n```\n", {9}),
        ("[link](https://example.org/)", "[link](https://example.org/)", set()),
        ("", "", set()),
    ],
)
def test_only_known_citations_stay(text: str, kept: str, removed: set[int]):
    assert known_only(text, {1, 2, 3}) == (kept, removed)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[1]: https://evil.example/", r"[1]\: https://evil.example/"),
        ("Owls.\n\n> - [^2]: A fine source", "Owls.\n\n> - [2]\\: A fine source"),
        ("1. [3]: https://evil.example/", r"1. [3]\: https://evil.example/"),
        ("Owls [^mine].\n\n[^mine]: Trust me", "Owls [\\^mine].\n\n[\\^mine]: Trust me"),
        ("Owls [1]: they hunt", "Owls [1]: they hunt"),
    ],
)
def test_no_text_says_what_a_number_stands_for(text: str, kept: str):
    assert known_only(text, {1, 2, 3}) == (kept, set())


def test_citations_become_footnotes_numbered_as_they_first_appear():
    assert renumbered("A [7]. B [3][7].\n- [5] is C. `a [3]`") == (
        "A[^1]. B[^2][^1].\n- [^3] is C. `a [3]`",
        [7, 3, 5],
    )


def test_no_text_takes_long():
    began = time.process_time()
    for piece in ("[1", "[1]", "`", "```", "[1,", " [1-", "\n> - [1]:", "> ", "1. "):
        known_only(piece * 20_000, {1})
    assert time.process_time() - began < 3


def test_a_sections_own_title_is_left_out():
    assert without_title("# Owls\n\nThey hunt.\n\n### At night") == "They hunt.\n\n### At night"
    assert without_title("They hunt.") == "They hunt."


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Owls:\n```py\nx = 1", "\n```"),
        ("~~~~\n```\n~~~", "\n~~~~"),
        ("```\nx\n```", ""),
        ("Owls `hunt", ""),
    ],
)
def test_code_that_was_cut_ends_with_its_section(text: str, end: str):
    assert closed(text) == text + end


def test_titles_and_addresses_can_not_break_the_list():
    odd = Source(1, "A [b](c) <i>*d*", "https://www.example.org/a b>(c)\n<d", "", "")
    note = references([odd]).splitlines()[-1]
    assert note == r"[^1]: [A (b)(c) \<i\>\*d\*](<https://www.example.org/ab(c)d>), example.org"
    assert references([]) == ""


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome('{"fetched_at": "t", "results": [{"title": "a", "url": "u", "snippet": ""}]}', "x"),
        Outcome("no json"),
        Outcome("[]"),
        Outcome('{"results": []}'),
        Outcome('{"fetched_at": "t", "results": null}'),
    ],
)
def test_what_failed_or_has_no_results_brings_no_source(outcome: Outcome):
    sources = Sources()
    assert sources.add(outcome, 5) == []
    assert sources.numbers == []
