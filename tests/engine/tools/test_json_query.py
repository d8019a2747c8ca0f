"""Parts of JSON documents: what a path leads to, and that no document makes it slow."""

import json
import time
from contextlib import suppress

import pytest

from runs.engine.tools.json_query import query
from runs.engine.tools.registry import ToolBox
from runs.engine.tools.tool import Outcome, ToolError

SHOP = json.dumps(
    {
        "orders": [
            {"id": 1, "paid": True, "lines": [{"sku": "A1", "n": 2}, {"sku": "B2", "n": 1}]},
            {"id": 2, "paid": False, "lines": [{"sku": "A1", "n": 5}]},
        ],
        "the shop": {"name": "Kiosk"},
    }
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("orders[0].id", 1),
        ("$.orders[-1].id", 2),
        ('["the shop"].name', "Kiosk"),
        ("orders[*].id", [1, 2]),
        ("orders[*].lines[*].n", [2, 1, 5]),
        ("orders[1:].id", [2]),
        ("orders[:-1].id", [1]),
        ('orders[*].lines[?sku == "A1"].n', [2, 5]),
        ("orders[?paid == true].id", [1]),
        ("orders[?id != 1].id", [2]),
        ("*.name", ["Kiosk"]),
        ("", json.loads(SHOP)),
    ],
)
def test_a_path_leads_to(path: str, found: object):
    assert json.loads(query(SHOP, path)) == found


def test_true_is_no_number():
    assert query("[[1], [true]]", "[*][0]") == "[1,true]"
    with pytest.raises(ToolError, match="leads to nothing"):
        query('[{"a": true}]', "[?a == 1]")


@pytest.mark.parametrize(
    "path", ["orders[", "orders..id", "a b", "[?id > 1]", "[1:2:3]", "a[0]b", ".." * 40]
)
def test_what_is_no_path_is_said(path: str):
    with pytest.raises(ToolError, match="no path"):
        query(SHOP, path)


def test_a_document_that_is_no_json_is_said():
    with pytest.raises(ToolError, match="not valid JSON"):
        query("{'a': 1}", "a")


def test_only_so_many_values_are_shown():
    assert query(json.dumps([0] * 1001), "[*]").endswith("[Only the first 1,000 are shown.]")


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("[" + "[0]," * 60_000 + "[0]]", "[*][*]"),
        ("[" + "{}," * 80_000 + "{}]", "[?a == 1]"),
        ("[" * 250_000 + "]" * 250_000, "[*]" * 30),
        ("{}", '["' + "\\" * 490),
    ],
)
def test_no_document_makes_it_slow(document: str, path: str):
    began = time.thread_time()
    with suppress(ToolError):
        query(document, path)
    # Without a bound, it would take minutes.
    assert time.thread_time() - began < 2


def test_it_is_offered_and_checked():
    box = ToolBox(["json_query"])
    assert box.check("json_query", '{"document": "{}", "path": ""}') == {
        "document": "{}",
        "path": "",
    }
    wrong = box.check("json_query", '{"document": {}, "path": ""}')
    assert isinstance(wrong, Outcome)
    assert wrong.code == "bad_arguments"
