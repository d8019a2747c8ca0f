"""The rule that advises a pattern: every combination of answers has one advice."""

from itertools import product

import pytest

from runs.engine.choosing import QUESTIONS, Suits, ranked
from runs.engine.registry import PATTERNS

OFFERS = {key: pattern.suits for key, pattern in PATTERNS.items() if pattern.suits}
COMBINATIONS = [
    dict(zip((question.key for question in QUESTIONS), answers, strict=True))
    for answers in product(*(question.options for question in QUESTIONS))
]
# A dash is any answer: (outcome, facts, way, check, priority).
ADVICE = [
    ("answer yes open reading cost", "react"),
    ("answer yes open test quality", "react"),
    ("text yes unclear reading speed", "react"),
    ("answer yes known - cost", "rewoo"),
    ("text yes known - cost", "rewoo"),
    ("answer yes known - speed", "llm_compiler"),
    ("text yes known - quality", "llm_compiler"),
    ("answer yes open progress quality", "lats"),
    ("text no unclear progress quality", "lats"),
    ("report yes - - -", "storm"),
    ("- no - test -", "reflexion"),
    ("text no known reading -", "reflection"),
    ("text no open reading -", "reflection"),
    ("text no unclear reading -", "self_discovery"),
    ("answer no open reading -", "self_discovery"),
    ("answer no unclear progress cost", "self_discovery"),
    ("answer no known reading -", "plan_and_solve"),
    ("- no known progress -", "plan_and_solve"),
    ("report no known reading -", "plan_and_solve"),
]


def combinations(answers: str) -> list[dict[str, str]]:
    """All complete answers that fit such a line."""
    given = zip((question.key for question in QUESTIONS), answers.split(), strict=True)
    fixed = {key: answer for key, answer in given if answer != "-"}
    return [one for one in COMBINATIONS if fixed.items() <= one.items()]


def test_there_are_at_most_five_questions() -> None:
    assert len(QUESTIONS) <= 5


def test_every_pattern_of_this_site_takes_part_and_says_why_in_one_sentence() -> None:
    assert set(OFFERS) == set(PATTERNS)
    assert all(suits.why.endswith(".") and suits.why.count(".") == 1 for suits in OFFERS.values())


def test_every_combination_has_an_advice_that_no_answer_speaks_against() -> None:
    assert len(COMBINATIONS) == 162

    unfit = [one for one in COMBINATIONS if OFFERS[ranked(one, OFFERS)[0]].missed(one)]

    assert unfit == []


def test_every_combination_has_exactly_one_advice() -> None:
    """No two patterns are equally right, whatever the order in which they are offered."""
    backwards = dict(reversed(OFFERS.items()))

    undecided = [one for one in COMBINATIONS if ranked(one, OFFERS)[0] != ranked(one, backwards)[0]]

    assert undecided == []


def test_each_pattern_is_advised_for_some_combination() -> None:
    assert {ranked(one, OFFERS)[0] for one in COMBINATIONS} == set(PATTERNS)


@pytest.mark.parametrize(("answers", "pattern"), ADVICE)
def test_the_advice(answers: str, pattern: str) -> None:
    assert {ranked(one, OFFERS)[0] for one in combinations(answers)} == {pattern}


@pytest.mark.parametrize(
    ("question", "answer", "pattern"),
    [
        ("outcome", "text", "reflection"),
        ("outcome", "report", "storm"),
        ("facts", "yes", "react"),
        ("way", "known", "plan_and_solve"),
        ("way", "unclear", "self_discovery"),
        ("check", "test", "reflexion"),
        ("check", "progress", "lats"),
        ("priority", "cost", "rewoo"),
        ("priority", "speed", "llm_compiler"),
    ],
)
def test_one_answer_is_enough(question: str, answer: str, pattern: str) -> None:
    assert ranked({question: answer}, OFFERS)[0] == pattern


def test_what_an_answer_speaks_against_comes_last_however_much_speaks_for_it() -> None:
    narrow = Suits("It fits.", outcome=("text",), facts=("no",), way=("known",), check=("test",))
    plain = Suits("It fits too.", outcome=("report", "text"))
    answers = {"outcome": "text", "facts": "yes", "way": "known", "check": "test"}

    assert ranked(answers, {"narrow": narrow, "plain": plain}) == ["plain", "narrow"]
    assert [question.key for question in narrow.missed(answers)] == ["facts"]


def test_an_answer_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="has no answer “maybe”"):
        Suits("It fits.", facts=("maybe",))
