"""Goals that are checked exactly, and those that are left to a model."""

import pytest

from runs.engine.patterns.reflexion.checks import checks


@pytest.mark.parametrize(
    ("goal", "good", "bad"),
    [
        ("At most 3 words", "one two three", "one two three four"),
        ("Under 3 words.", "one two", "one two three"),
        ("the answer must be at least 2 words", "one two", "one"),
        ("More than 1 word", "one two", "one"),
        ("Exactly 2 words", "one – two", "one"),
        ("Between 2 and 3 words", "one two", "one"),
        ("2 to 3 words", "one two three", "one two three four"),
        ('Contains "tea"', "Tea, please.", "A teapot."),
        ("mentions the word “C++”", "In C++ it is.", "In C it is."),
        ("Doesn’t contain “cat”", "A category.", "A Cat."),
        ('Never use "very"', "It is good.", "It is very good."),
        ("Valid JSON", '{"a": 1}', "```json\n{}\n```"),
        ("The result must be valid JSON.", "[1]", '{"a": NaN}'),
    ],
)
def test_a_goal_is_checked(goal: str, good: str, bad: str):
    check = checks([goal])[goal]
    assert check(good).met
    assert not check(bad).met
    assert check(bad).name == goal


@pytest.mark.parametrize(
    "goal",
    [
        "Friendly",
        "At most 3 words a line",
        'Contains "tea" twice',
        "Not valid JSON",
        "Use few words",
        "Contains tea",
        "",
    ],
)
def test_a_goal_that_says_more_is_not_checked(goal: str):
    assert checks([goal]) == {}
