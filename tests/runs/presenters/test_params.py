"""Parameters are called the same on all pages: by a name for people."""

import pytest

from runs.engine.pattern import label_of
from runs.engine.registry import PATTERNS
from runs.presenters.params import param_label

ALL = [(key, name) for key, pattern in PATTERNS.items() for name in pattern.params.model_fields]


@pytest.mark.parametrize(
    ("pattern", "name", "label"),
    [
        ("react", "observation_chars", "Tool result, characters"),
        ("reflection", "verify_last", "Review the last version"),
        ("gone_since", "some_depth", "Some depth"),
        ("react", "not_of_react", "Not of react"),
    ],
)
def test_it_is_what_the_composer_says(pattern: str, name: str, label: str) -> None:
    assert param_label(pattern, name) == label


@pytest.mark.parametrize(("pattern", "name"), ALL)
def test_every_parameter_has_a_title_of_its_own(pattern: str, name: str) -> None:
    assert PATTERNS[pattern].params.model_fields[name].title


def test_a_title_that_pydantic_made_is_said_as_words() -> None:
    assert label_of("max_steps", {"title": "Max Steps"}) == "Max steps"
    assert label_of("max_steps", {"title": "Steps at most"}) == "Steps at most"
