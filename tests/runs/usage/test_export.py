"""GET /api/v1/usage/export.csv: the report's rows for a spreadsheet, which runs none of them."""

import csv
from io import StringIO

import pytest

from accounts.models import Scope
from tests import journal
from tests.factories import RunFactory
from web.csv_lines import csv_lines

pytestmark = pytest.mark.django_db
URL = "/api/v1/usage/export.csv"


def read(response) -> list[dict[str, str]]:
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(StringIO(text)))


def test_the_rows_are_those_of_the_report(api_for, alice):
    journal.succeed(RunFactory.create(owner=alice))
    journal.succeed(RunFactory.create(owner=alice, pattern="reflection", simulated=False))
    api = api_for(alice)

    rows = read(api.get(URL, {"group_by": "day,pattern"}))
    report = api.get("/api/v1/usage/", {"group_by": "day,pattern"}).json()["results"]

    assert len(rows) == 2
    assert [list(row) for row in rows] == [list(report[0])] * 2
    assert rows == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in report
    ]


@pytest.mark.parametrize("accept", ["text/csv", "*/*", "application/json"])
def test_it_comes_whatever_is_accepted(api_for, alice, accept):
    response = api_for(alice).get(URL, HTTP_ACCEPT=accept)
    assert read(response) == []
    assert "attachment" in response["Content-Disposition"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_text_that_looks_like_a_formula_is_escaped(api_for, alice, name):
    RunFactory.create(owner=alice, customer=name)
    (row,) = read(api_for(alice).get(URL, {"group_by": "customer"}))
    assert row["customer"] == f"'{name}"


def test_figures_stay_figures_and_lines_stay_whole():
    lines = csv_lines([{"who": 'a,"b"\nc', "usd": "-0.5"}], ["who", "usd"], ["who"])
    assert list(csv.reader(StringIO("".join(lines)))) == [["who", "usd"], ['a,"b"\nc', "-0.5"]]


def test_it_asks_for_what_the_report_asks_for(api_for, alice):
    assert api_for(alice).get(URL, {"group_by": "user"}).status_code == 400
    assert api_for(alice).get(URL, {"days": "3"}).json()["code"] == "invalid"
    assert api_for(alice, scopes=[Scope.RUNS_READ]).get(URL).status_code == 403
