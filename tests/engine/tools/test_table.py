"""Tables: exact sums by group, filters, order, and that no table makes them slow."""

import time
from contextlib import suppress
from typing import Any

import pytest

from runs.engine.tools.registry import ToolBox
from runs.engine.tools.table import work
from runs.engine.tools.tool import Outcome, ToolError

SALES = 'city,price,what\nUlm,0.1,"tea, hot"\nBonn,0.2,cake\nUlm,0.2,cake\nBonn,,tea\n'


def use(csv: str = SALES, **asked: Any) -> list[str]:
    return work({"csv": csv, **asked}).splitlines()


def figure(name: str, column: str = "price") -> dict[str, str]:
    return {"figure": name, "column": column}


def test_sums_are_exact_and_by_group():
    asked: dict[str, Any] = {
        "group_by": ["city"],
        "figures": [figure("sum"), figure("count"), {"figure": "count"}],
    }
    assert use(**asked) == [
        "city,sum_price,count_price,count",
        "Ulm,0.3,2,2",
        "Bonn,0.2,1,2",
        "[2 of 2 rows]",
    ]


def test_the_whole_table_is_one_group():
    asked = [figure(name) for name in ("min", "max", "mean")]
    assert use(figures=asked)[1] == "0.1,0.2,0.16666666666666666667"
    assert use("a\n", figures=[figure("sum", "a")])[1:] == ['""', "[1 of 1 rows]"]


def test_filters_order_and_columns():
    cake = {"column": "what", "is": "=", "value": "cake"}
    assert use(where=[cake], sort_by="city", select=["city"]) == [
        "city",
        "Bonn",
        "Ulm",
        "[2 of 2 rows]",
    ]
    assert use(where=[{"column": "what", "is": "contains", "value": "tea"}], limit=1) == [
        "city,price,what",
        'Ulm,0.1,"tea, hot"',
        "[1 of 2 rows]",
    ]
    assert use(where=[{"column": "price", "is": ">=", "value": "0.20"}], select=["city"])[1:3] == [
        "Bonn",
        "Ulm",
    ]
    assert use(where=[{"column": "price", "is": "=", "value": "0.20"}])[-1] == "[2 of 2 rows]"


def test_numbers_are_sorted_by_size_before_texts_and_empty_cells_come_last():
    column = "n\n10\n9\nx\n \n-1e1\n"
    assert use(column, sort_by="n")[1:-1] == ["-1e1", "9", "10", "x", " "]
    assert use(column, sort_by="n", descending=True)[1:-1] == ["x", "10", "9", "-1e1", " "]


def test_delimiters():
    assert use("a;b\n1,5;2\n", delimiter="semicolon", select=["b"])[:2] == ["b", "2"]


@pytest.mark.parametrize(
    ("csv", "asked", "said"),
    [
        (SALES, {"select": ["town"]}, "no column “town”. The columns are: city, price, what"),
        (SALES, {"figures": [figure("sum", "what")]}, "“tea, hot” in what is no number"),
        (SALES, {"figures": [{"figure": "sum"}]}, "sum needs a column"),
        (SALES, {"where": [{"column": "price", "is": "<", "value": "dear"}]}, "“dear” is none"),
        ("a,a\n", {}, "same name"),
        ("", {}, "first line"),
        ("a\n1,2\n", {}, "Line 2 has more cells"),
        ("a\n1_0\n", {"figures": [figure("sum", "a")]}, "no number"),
        ("a\nNaN\n", {"figures": [figure("sum", "a")]}, "no number"),
        ("a\n1e999999\n", {"figures": [figure("sum", "a")]}, "no number"),
        ("a\n" + "1\n" * 20_001, {}, "more than 20,000 rows"),
        ('a\n"' + "x" * 200_000, {}, "no CSV"),
        ("é" * 600_000, {}, "too long"),
    ],
)
def test_what_can_not_be_done_is_said(csv: str, asked: dict[str, Any], said: str):
    with pytest.raises(ToolError, match=said):
        use(csv, **asked)


@pytest.mark.parametrize(
    ("csv", "asked"),
    [
        (
            "a,b\n" + "x,12345.6789\n" * 20_000,
            {"group_by": ["a"], "figures": [figure("sum", "b")] * 3},
        ),
        ("a\n" + "9e50\n1e-50\n" * 10_000, {"figures": [figure("sum", "a")] * 10}),
        (",".join(map(str, range(200))) + "\n" + ("," * 199 + "\n") * 5000, {"sort_by": "0"}),
        ("a\n" + "\n".join(map(str, range(20_000))), {"group_by": ["a"], "sort_by": "a"}),
    ],
)
def test_no_table_makes_it_slow(csv: str, asked: dict[str, Any]):
    began = time.thread_time()
    with suppress(ToolError):
        use(csv, **asked)
    assert time.thread_time() - began < 1.0


def test_it_is_offered_and_checked():
    box = ToolBox(["table"])
    for wrong in ('{"csv": "a", "where": [{"column": "a"}]}', '{"csv": "a", "delimiter": "-"}'):
        assert isinstance(box.check("table", wrong), Outcome)
