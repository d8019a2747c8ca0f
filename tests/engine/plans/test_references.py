"""References are filled in at any depth, once, and never out of what was filled in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.plans.references import NoSuchPart, filled, referenced

RESULTS = {"t1": '{"rows": [{"n": 7}, "x"]}', "t2": "see ${t1} and {b}", "t3": "42"}


def test_references_are_found_in_nested_values():
    assert referenced({"a": ["${t1}", {"b": "x ${t2.rows.0} y ${t3}"}], "n": 4}) == {
        "t1",
        "t2",
        "t3",
    }


def test_texts_are_put_into_texts():
    assert filled({"expression": "${t3} * 2"}, RESULTS) == {"expression": "42 * 2"}


def test_a_path_leads_into_a_result():
    assert filled(["${t1.rows.0.n}", "${t1.rows.1}", "${t1.rows}"], RESULTS) == [
        "7",
        "x",
        '[{"n":7},"x"]',
    ]


def test_a_whole_reference_may_keep_its_type():
    assert filled({"a": "${t3}", "b": "${t1.rows.0}", "c": "n=${t3}"}, RESULTS, typed=True) == {
        "a": 42,
        "b": {"n": 7},
        "c": "n=42",
    }


def test_what_a_tool_returned_refers_to_nothing():
    assert filled("${t2}", RESULTS) == "see ${t1} and {b}"


@pytest.mark.parametrize("text", ["${t1.rows.9}", "${t1.cols}", "${t3.x}", "${t1.rows.-1}"])
def test_a_path_that_leads_to_nothing_is_said(text: str):
    with pytest.raises(NoSuchPart, match="leads to nothing"):
        filled(text, RESULTS)


def test_unknown_ids_and_other_braces_stay():
    assert filled("${t9} {task} ${} $t1", RESULTS) == "${t9} {task} ${} $t1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["${t1}", "${t2.a}"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_any_value_keeps_its_shape(value: Any):
    results = {"t1": "one", "t2": '{"a": "two"}'}
    assert not {"t1", "t2"} & referenced(filled(value, results))
    assert filled(value, {}) == value


def test_depth_is_bounded():
    value: Any = "${t1}"
    for _ in range(100_000):
        value = [value]
    assert referenced(value) == set()
    filled(value, RESULTS)
