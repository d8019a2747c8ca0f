"""Whatever a model writes as JSON can be validated, kept and shown, or is refused."""

import json
from time import process_time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.calls import structured
from runs.engine.model_json import MAX_DEPTH, Unreadable, read_json
from runs.engine.tools.registry import TOOLS, ToolBox
from runs.engine.tools.tool import Outcome

SCHEMA = {"type": "object", "required": ["verdict"]}


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1e999}',
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        '{"a": "\ud800"}',
        nested(MAX_DEPTH + 1),
        nested(300),
        nested(1000),
        nested(100_000),
        "",
    ],
)
def test_what_can_not_be_kept_is_no_json(text: str) -> None:
    with pytest.raises(Unreadable):
        read_json(text)


def test_nul_characters_are_dropped() -> None:
    assert read_json('{"a\\u0000": ["\\u0000b", 1]}') == {"a": ["b", 1]}
    assert read_json('{"a": "\\\\u0000"}') == {"a": "\\u0000"}


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_what_is_read_can_be_written_again(value: object) -> None:
    try:
        read = read_json(json.dumps(value))
    except Unreadable:
        return
    assert "\\u0000" not in orjson.dumps(read).decode().replace("\\\\", "")


@pytest.mark.parametrize("depth", [100, 300, 990, 1000, 5000])
def test_deep_arguments_are_refused_as_bad_arguments(depth: int) -> None:
    checked = ToolBox(TOOLS).check("calculator", '{"expression":' + "[" * depth + "]" * depth + "}")
    assert isinstance(checked, Outcome)
    assert checked.code == "bad_arguments"


def test_a_complaint_does_not_repeat_megabytes() -> None:
    checked = ToolBox(TOOLS).check("calculator", json.dumps({"expression": ["x" * 1_000_000]}))
    assert isinstance(checked, Outcome)
    assert len(checked.text) < 1000
    unknown = ToolBox(TOOLS).check("x" * 1_000_000, "{}")
    assert isinstance(unknown, Outcome)
    assert len(unknown.text) < 1000


@pytest.mark.parametrize("text", ["{" * 200_000, '{"a":' * 20_000, '{"verdict": ' * 2000])
def test_an_answer_of_brackets_holds_nobody_up(text: str) -> None:
    began = process_time()
    assert isinstance(structured.parse(text, SCHEMA), str)
    assert process_time() - began < 1


def test_a_structured_answer_comes_without_nul() -> None:
    assert structured.parse('{"verdict": "a\\u0000b"}', SCHEMA) == {"verdict": "ab"}
