"""The run list: filters, cursors, sums, empty states, and a constant number of queries."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from runs.history import selectors as history
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def tasks(response) -> list[str]:
    return [run.task for run in response.context["page"].runs]


def test_runs_of_others_are_not_there(browser, alice, bob):
    RunFactory.create(owner=bob, task="Theirs")
    RunFactory.create(owner=alice, task="Mine")

    assert tasks(browser.get("/runs/")) == ["Mine"]


def test_no_run_at_all_offers_the_first_one(browser):
    html = browser.get("/runs/").content.decode()

    assert "No runs yet" in html
    assert 'id="filters"' not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=HEAT", ["About heat pumps"]),
        ("status=succeeded", ["About boilers"]),
        ("pattern=reflection", ["About boilers"]),
        ("model=gpt-5-mini", ["About heat pumps"]),
        ("status=nonsense", ["About heat pumps", "About boilers"]),
        ("before=nonsense", ["About heat pumps", "About boilers"]),
    ],
)
def test_filters_come_from_the_address(browser, alice, query, found):
    journal.succeed(RunFactory.create(owner=alice, task="About boilers", pattern="reflection"))
    RunFactory.create(owner=alice, task="About heat pumps", chosen_model="gpt-5-mini")

    assert tasks(browser.get(f"/runs/?{query}")) == found


def test_a_filter_without_matches_is_named(browser, alice):
    RunFactory.create(owner=alice)

    html = browser.get("/runs/?status=failed&q=<b>lost").content.decode()

    assert "No runs match" in html
    assert "Nothing failed" in html
    assert "&lt;b&gt;lost" in html


def test_cursors_reach_every_run_once_and_lead_back(browser, alice, monkeypatch):
    monkeypatch.setattr(history, "PAGE_SIZE", 2)
    RunFactory.create_batch(5, owner=alice)
    everything = [run.task for run in alice.runs.order_by("-pk")]

    seen, address = [], "/runs/"
    while address:
        page = browser.get(address)
        seen += tasks(page)
        older = page.context["page"].older
        address = f"/runs/?before={older}" if older else ""
    newer = browser.get(f"/runs/?after={page.context['page'].newer}")

    assert seen == everything
    assert tasks(newer) == everything[2:4]


def test_the_dearest_come_first_on_every_page(browser, alice, monkeypatch):
    monkeypatch.setattr(history, "PAGE_SIZE", 2)
    for cached in (900, 0, 300, 0, 600):
        journal.succeed(RunFactory.create(owner=alice), cached=cached)
    everything = [run.task for run in alice.runs.order_by("-cost_usd", "-pk")]

    seen, address = [], "/runs/?sort=cost"
    while address:
        page = browser.get(address)
        seen += tasks(page)
        older = page.context["page"].older
        address = f"/runs/?sort=cost&before={older}" if older else ""
    newer = browser.get(f"/runs/?sort=cost&after={page.context['page'].newer}")

    assert seen == everything
    assert tasks(newer) == everything[2:4]


def test_the_sums_are_exact_and_keep_simulated_dollars_apart(browser, alice):
    real = journal.succeed(RunFactory.create(owner=alice, simulated=False))
    unreal = journal.succeed(RunFactory.create(owner=alice, simulated=True), cached=3)

    sums = browser.get("/runs/").context["sums"]

    assert (sums.runs, sums.simulated_runs) == (2, 1)
    assert sums.cost_usd == real.cost_usd > Decimal(0)
    assert sums.simulated_usd == unreal.cost_usd != real.cost_usd


def test_every_simulated_row_has_its_badge(browser, alice):
    RunFactory.create_batch(2, owner=alice, simulated=True)
    RunFactory.create(owner=alice, simulated=False)

    assert browser.get("/runs/").content.decode().count('class="sim"') == 2


def test_the_fragment_is_the_list_alone_and_says_whether_it_can_change(browser, alice):
    run = RunFactory.create(owner=alice)

    active = browser.get("/runs/fragment/").content.decode()
    journal.succeed(run)
    over = browser.get("/runs/fragment/").content.decode()

    assert "<html" not in active
    assert 'data-active="true"' in active
    assert 'data-active="false"' in over


def test_links_keep_the_filter(browser, alice, monkeypatch):
    monkeypatch.setattr(history, "PAGE_SIZE", 1)
    RunFactory.create_batch(2, owner=alice, task="same")

    html = browser.get("/runs/?q=same").content.decode()

    assert re.search(r'href="/runs/\?q=same&amp;before=[0-9a-f-]{36}"', html)


def test_queries_do_not_grow_with_rows(browser, alice):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get("/runs/")
        return len(queries)

    RunFactory.create(owner=alice)
    few = count()
    RunFactory.create_batch(20, owner=alice)

    assert count() == few <= 12
