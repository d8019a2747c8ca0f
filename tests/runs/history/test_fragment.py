"""Rows that are refreshed: newer runs are counted and not shown."""

import pytest

from runs.history import selectors
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


def test_newer_runs_wait_behind_their_number(client_for, alice):
    shown = RunFactory.create(owner=alice, task="Shown")
    RunFactory.create_batch(3, owner=alice, task="Later")
    RunFactory.create(owner=alice, task="Of another pattern", pattern="reflection")

    address = f"/runs/fragment/?pattern=react&upto={shown.pk}"
    html = client_for(alice).get(address).content.decode()

    assert "3 new runs" in html
    assert "Later" not in html
    assert "Shown" in html


def test_very_many_are_not_counted(client_for, alice, monkeypatch):
    monkeypatch.setattr(selectors, "MOST_NEW", 2)
    shown = RunFactory.create(owner=alice)
    RunFactory.create_batch(3, owner=alice)

    context = client_for(alice).get(f"/runs/fragment/?upto={shown.pk}").context

    assert context["new"] == 3


def test_someone_elses_run_is_no_cursor(client_for, alice, bob):
    RunFactory.create(owner=alice)
    theirs = RunFactory.create(owner=bob)

    context = client_for(alice).get(f"/runs/fragment/?upto={theirs.pk}").context

    assert (len(context["page"].runs), context["new"]) == (1, 0)
