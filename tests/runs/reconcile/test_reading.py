"""What is wrong with an export is said, with its line, and nothing is read halfway."""

import json
from decimal import Decimal
from typing import Any

import pytest

from runs.reconcile.csv_file import read_csv
from runs.reconcile.errors import BadExport
from runs.reconcile.services import read_export
from tests.runs.reconcile.recorded import OPENAI

HEAD = (
    "start,end,model,requests,fresh_input_tokens,cached_input_tokens,cache_write_tokens,"
    "output_tokens,api_key,cost_usd"
)
ROW = "2026-11-20T12:00:00Z,2026-11-20T13:00:00Z,gpt-4.1-mini,1,10,0,0,5,key_a,0.25"


def test_pages_are_read_one_a_line_as_a_list_and_alone():
    pages = [json.loads(line) for line in OPENAI.read_text().splitlines()]
    by_line = read_export(OPENAI.read_text())
    assert by_line == read_export(json.dumps(pages))
    assert len(by_line.usage) == 12
    assert len(by_line.costs) == 3
    assert read_export(json.dumps(pages[2])).costs == by_line.costs


def test_a_csv_has_usage_and_costs():
    export = read_csv(f"{HEAD}\n{ROW}\n")
    assert export.usage[0].counts.output == 5
    assert export.costs[0].amount == Decimal("0.25")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Line 1: The column “start” is missing."),
        (HEAD.replace("requests", "calls"), "Line 1: The column “requests” is missing."),
        (f"{HEAD},colour\n", "Line 1: There is no column “colour”."),
        (f"{HEAD}\n{ROW}\n{ROW},1\n", "Line 3: It has more or fewer values"),
        (f"{HEAD}\n{ROW.replace(',10,', ',ten,')}\n", "Line 2: “fresh_input_tokens” is a whole"),
        (f"{HEAD}\n{ROW.replace(',10,', ',-1,')}\n", "Line 2: “fresh_input_tokens” is a whole"),
        (f"{HEAD}\n{ROW.replace('12:00:00Z', '12:00:00')}\n", "Line 2: “start” is a time with"),
        (f"{HEAD}\n{ROW.replace('13:00:00Z', '11:00:00Z')}\n", "Line 2: “end” is not after"),
        (f"{HEAD}\n{ROW.replace('gpt-4.1-mini', '')}\n", "Line 2: A row with usage needs a"),
        (f"{HEAD}\n{ROW.replace('0.25', 'NaN')}\n", "Line 2: “cost_usd” is an amount"),
        (f"{HEAD}\n", "It holds no usage and no costs."),
        ("{", "It isn't JSON"),
        ("[1]", "A page is a JSON object"),
        ('{"data": [{}]}', "A bucket has no “start_time”"),
        ('{"data": [{"start_time": 1, "end_time": 60}]}', "A bucket has no “results”."),
        ('{"data": [{"start_time": 60, "end_time": 1, "results": []}]}', "ends before it starts"),
        ('{"data": [{"start_time": 1, "end_time": 60, "results": [{}]}]}', "A result is neither"),
        ("a\0b", "It isn't text."),
        ("[" * 100_000, "It isn't JSON"),
        ('{"data": ' + "9" * 5000 + "}", "It isn't JSON"),
        ('{"data": 1e9999999999999999999}', "It isn't JSON"),
        (f"start,{HEAD}\n{ROW}\n", "Line 1: The column “start” is there twice."),
        (f"{HEAD}\n{ROW}\n{ROW}\n", "“gpt-4.1-mini” is in it 2 times from 2026-11-20"),
        (f"{HEAD}\n{ROW.replace('2026', '0001')}\n", "Line 2: “start” is not a time between"),
        (f"{HEAD}\n{ROW.replace('20T13', '29T13').replace('11-20T12', '10-20T12')}\n", "31 days"),
        (f"{HEAD}\n{ROW.replace('0.25', '1e30')}\n", "Line 2: “cost_usd” is no amount"),
        (f"{HEAD}\n{ROW.replace(',10,', ',=1+9,')}\n", "Line 2: “fresh_input_tokens” is a whole"),
        (f"{HEAD}\n{ROW.replace('gpt', chr(7))}\n", "Line 2: “model” is no text"),
    ],
)
def test_bad_files_are_refused_with_their_line(text, message):
    with pytest.raises(BadExport, match=message):
        read_export(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("input_tokens", -1), ("input_tokens", 1.5), ("input_tokens", True), ("output_tokens", "9")],
)
def test_counts_that_are_none_are_refused(field, value):
    page = json.loads(OPENAI.read_text().splitlines()[0])
    page["data"][0]["results"][0][field] = value
    with pytest.raises(BadExport, match=field):
        read_export(json.dumps(page))


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        (0, "model", ["gpt-4.1-mini"]),
        (0, "model", "gpt\0"),
        (0, "model", "\ud800"),
        (0, "api_key_id", 7),
        (0, "service_tier", {}),
        (2, "line_item", 1),
        (2, "amount", 5),
        (2, "amount", {"value": [], "currency": "usd"}),
        (2, "amount", {"value": 10**40, "currency": "usd"}),
    ],
)
def test_values_of_another_kind_are_refused(line: int, field: str, value: Any) -> None:
    page = json.loads(OPENAI.read_text().splitlines()[line])
    page["data"][0]["results"][0][field] = value
    with pytest.raises(BadExport):
        read_export(json.dumps(page))


def test_a_page_that_is_there_twice_is_refused():
    """Its calls would be counted twice, and a doubt resolved by somebody's second count."""
    text = OPENAI.read_text()
    with pytest.raises(BadExport, match="is a page or a row there twice"):
        read_export(f"{text}\n{text.splitlines()[0]}")


def test_rows_of_two_projects_are_no_repetition():
    page = json.loads(OPENAI.read_text().splitlines()[0])
    results = page["data"][0]["results"]
    results += [{**results[0], "project_id": "proj_b"}]
    once = json.loads(OPENAI.read_text().splitlines()[0])
    assert len(read_export(json.dumps(page)).usage) == 1 + len(read_export(json.dumps(once)).usage)


def test_other_currencies_are_refused():
    page = OPENAI.read_text().splitlines()[2].replace('"usd"', '"eur"')
    with pytest.raises(BadExport, match="eur"):
        read_export(page)
