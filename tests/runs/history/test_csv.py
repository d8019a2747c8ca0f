"""The CSV: every run of the filter, to the last digit, and no formula."""

import csv
from io import StringIO

import pytest

from runs.history import selectors
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


def rows(client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/runs/export.csv{query}")
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(StringIO("".join(part.decode() for part in answer))))


def test_all_runs_of_the_filter_are_in_it_newest_first(client_for, alice, bob, monkeypatch):
    monkeypatch.setattr(selectors, "AT_A_TIME", 2)
    runs = RunFactory.create_batch(5, owner=alice)
    RunFactory.create(owner=alice, pattern="reflection")
    RunFactory.create(owner=bob)

    found = rows(client_for(alice), "?pattern=react&sort=cost&before=nonsense")

    assert [row["id"] for row in found] == [str(run.pk) for run in runs[::-1]]


def test_costs_have_every_digit(client_for, alice):
    run = journal.succeed(RunFactory.create(owner=alice, tags=["a", "b"]), cached=7)

    (row,) = rows(client_for(alice))

    assert row["cost_usd"] == f"{run.cost_usd.normalize():f}"
    assert (row["status"], row["tags"]) == ("succeeded", "a, b")


def test_a_task_that_looks_like_a_formula_is_a_text(client_for, alice):
    RunFactory.create(owner=alice, task='=HYPERLINK("x")')

    assert rows(client_for(alice))[0]["task"] == '\'=HYPERLINK("x")'
