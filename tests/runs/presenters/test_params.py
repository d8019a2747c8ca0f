"""Parameters are called the same on all pages: by a name for people."""

import pytest

from runs.engine.pattern import label_of, option_of
from runs.engine.registry import KNOWN
from runs.presenters.params import param_label, param_words

ALL = [(key, name) for key, pattern in KNOWN.items() for name in pattern.params.model_fields]


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
    assert KNOWN[pattern].params.model_fields[name].title


def test_a_title_that_pydantic_made_is_said_as_words() -> None:
    assert label_of("max_steps", {"title": "Max Steps"}) == "Max steps"
    assert label_of("max_steps", {"title": "Steps at most"}) == "Steps at most"


@pytest.mark.parametrize(
    ("pattern", "name", "value", "words"),
    [
        ("reflection", "verify_last", True, "yes"),
        ("reflection", "min_severity", "major", "Major"),
        ("reflexion", "evaluator", "llm", "A model"),
        ("react", "observation_chars", 12_000, "12,000"),
        ("storm", "perspectives", "cost_of_it, safety", "cost_of_it, safety"),
        ("plain", "stop", ["END", "STOP"], "END, STOP"),
        ("plain", "before", [{"role": "user"}, {"role": "assistant"}], "2"),
        ("plain", "tool_choice", {"type": "function", "function": {"name": "find"}}, "find"),
    ],
)
def test_a_value_in_words(pattern: str, name: str, value: object, words: str) -> None:
    assert param_words(pattern, name, value) == words


def test_no_option_is_offered_by_its_raw_name() -> None:
    for key, name in ALL:
        schema = KNOWN[key].params.model_json_schema()["properties"][name]
        for option in schema.get("enum", ()):
            assert option_of(option) not in (option, "Llm")
            assert "_" not in option_of(option)
