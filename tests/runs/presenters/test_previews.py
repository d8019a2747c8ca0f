"""The one line of a step: what it brought in words, whatever its model or tool answered in."""

import json
from typing import Any

import pytest

from runs.models import Step
from runs.presenters.previews import brought, one_line


def step(key: str, content: Any, **response: Any) -> Step:
    text = content if isinstance(content, str) else json.dumps(content)
    return Step(key=key, response={"content": text, **response})


@pytest.mark.parametrize(
    ("key", "answer", "line"),
    [
        (
            "plan_and_solve/step/s1/execute",
            {"result": "Eight people.", "status": "ok", "note": "Counted."},
            "Eight people.",
        ),
        (
            "reflexion/t1/evaluate",
            {"criteria": [], "verdict": "failure", "score": 0.4, "feedback": "It names May."},
            "Failure · It names May.",
        ),
        ("reflexion/t1/reflect", {"diagnosis": "Haste.", "lesson": "Read it."}, "Read it."),
        (
            "lats/i1/evaluate/1",
            {"scores": [{"id": "1", "progress": 0.5, "comment": "A start."}]},
            "A start.",
        ),
        (
            "storm/follow_up/1/1",
            {"done": False, "text": "Since when?", "query": "q"},
            "Since when?",
        ),
        ("storm/follow_up/1/2", {"done": True, "text": "", "query": ""}, "Done: yes"),
        (
            "self_discovery/solve",
            {"steps": [{"id": "s1", "result": "It holds."}], "final_answer": "The third."},
            "The third.",
        ),
        ("self_discovery/choose", {"modules": [{"name": "Split", "why": "It is long."}]}, None),
        (
            "react/form",
            {"amount": 2208, "sure": True, "unit": None, "why": ["one", "two"]},
            "Amount: 2208 · Sure: yes · Why: one, two",
        ),
        ("gone_since/t1", [1, 2], "1, 2"),
    ],
)
def test_json_is_said_in_words(key: str, answer: Any, line: str | None) -> None:
    told = json.dumps(answer)[:60]  # events have its beginning only
    assert brought(step(key, answer), told) == (line or "Modules: Split, It is long.")


def test_what_only_looks_like_json_stays_as_it_is() -> None:
    assert brought(step("react/t1/think", "{x} is a set"), "") == "{x} is a set"
    assert brought(step("react/t1/think", '{"cut": "o'), "") == '{"cut": "o'


def test_the_short_form_of_a_tool_s_result_is_kept() -> None:
    found = Step(key="react/t1/tool/1", response={"text": '[{"title": "One"}]', "code": ""})
    assert brought(found, "One; Two") == "One; Two"
    assert brought(found, '[{"title": "One"}]') == "One"


def test_tools_that_are_asked_for_without_a_word_are_named_with_what_they_get() -> None:
    calls = [
        {"name": "calculator", "arguments": '{"expression": "6*7"}'},
        {"name": "theirs", "arguments": "{broken"},
    ]
    told = 'calculator({"expression": "6*7"}), theirs({broken)'
    asks = step("react/t1/think", "", tool_calls=calls)
    assert brought(asks, told) == "Calculator: 6*7, theirs"
    assert brought(step("react/t1/think", "I will.", tool_calls=calls), "I will.") == "I will."


def test_a_line_has_no_marks_of_markdown() -> None:
    assert one_line("## It is **42**,\n- or `7*6`") == "It is 42, or 7*6"
