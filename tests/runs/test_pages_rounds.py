"""A run of many steps shows its rounds first; their sums are the run's."""

import re
from decimal import Decimal

import pytest

from runs.presenters.rounds import MOST_ROWS, Round, in_rounds
from runs.presenters.steps import step_rows
from runs.selectors.journal import books, journal
from tests import journal as write
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def long_run(alice):
    """Twenty-one turns of two calls of tools each."""
    run = write.start(RunFactory.create(owner=alice))
    for turn in range(1, 22):
        write.buy(run, f"react/t{turn}/think")
        for place in (1, 2):
            write.use_tool(run, f"react/t{turn}/tool/{place}")
    return run


def test_each_round_is_one_line_with_its_steps_and_cost(client_for, alice, long_run):
    html = client_for(alice).get(f"/runs/{long_run.pk}/").content.decode()

    assert html.count('class="round"') == 21
    assert html.count('class="step"') == 63
    line = re.search(r"<b>Round 3</b><span[^>]*>([^<]*)<", html)
    assert line
    rows, _ = step_rows(journal(long_run), books(long_run).entries, long_run.answer)
    third = sum((row.cost_usd for row in rows[6:9]), Decimal(0))
    assert line[1] == f"3 steps · ${third:.4f}"


def test_their_costs_add_up_to_the_runs(long_run):
    rows, timeline = step_rows(journal(long_run), books(long_run).entries, long_run.answer)
    rounds = [item for item in in_rounds(timeline) if isinstance(item, Round)]
    long_run.refresh_from_db()
    assert sum(each.cost_usd for each in rounds) == long_run.cost_usd > 0
    assert [row for each in rounds for row in each.rows] == rows


def test_a_notice_stands_between_rounds(long_run):
    write.emit(long_run, "notice", code="past_deadline")
    _, timeline = step_rows(journal(long_run), books(long_run).entries, long_run.answer)
    assert in_rounds(timeline)[-1].is_gap


def test_few_steps_stand_one_by_one(long_run):
    _, timeline = step_rows(journal(long_run), books(long_run).entries, long_run.answer)
    assert in_rounds(timeline[:MOST_ROWS]) == timeline[:MOST_ROWS]


def test_steps_of_one_kind_are_a_round_where_there_are_no_turns(alice):
    run = write.start(RunFactory.create(owner=alice, pattern="storm", params={}))
    write.buy(run, "storm/perspectives")
    for place in range(1, 62):
        write.buy(run, f"storm/section/{place}")
    write.use_tool(run, "storm/search/1/1")
    write.use_tool(run, "storm/search/1/2")
    _, timeline = step_rows(journal(run), books(run).entries, run.answer)
    found = in_rounds(timeline)
    assert [isinstance(item, Round) for item in found] == [False, True, True]
    assert [item.name for item in found if isinstance(item, Round)] == [
        "Writing a section",
        "Search",
    ]
