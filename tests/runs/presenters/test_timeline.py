"""The waterfall of a run: the bars of each step by time, money and tokens."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db.models import F

from runs.models import Run, Step
from runs.presenters.steps import step_rows
from runs.presenters.timeline import Timeline, timeline
from runs.selectors.journal import journal as journal_of
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice) -> Run:
    """Its three steps took 2.9 s, 12 ms and 2.9 s, one right after the other."""
    run = journal.succeed(RunFactory.create(owner=alice))
    _one_after_the_other(run)
    return run


def _one_after_the_other(run: Run) -> None:
    moment = run.started_at
    assert moment is not None
    for step in run.steps.order_by("id"):
        Step.objects.filter(pk=step.pk).update(started_at=moment)
        assert step.duration_ms is not None
        moment += timedelta(milliseconds=step.duration_ms)


def drawn(run: Run, now: datetime | None = None) -> Timeline:
    rows, _ = step_rows(journal_of(run), (), run.answer)
    now = now or run.finished_at
    assert now is not None
    return timeline(rows, now)


def test_by_time_each_step_begins_where_the_one_before_it_ended(run):
    lines = drawn(run).lines

    assert [line.step.label for line in lines] == ["Think", "calculator", "Answer"]
    first, tool, last = (line.by_time[0] for line in lines)
    assert (first.x, first.width) == (Decimal(0), Decimal("49.90"))
    assert tool.x == first.width
    assert last.x + last.width == 100
    assert tool.css != first.css


def test_money_and_tokens_are_stacked_up_to_the_runs_sums(run):
    lines = drawn(run).lines

    assert lines[-1].cost_sum_usd == run.cost_usd
    for bars in (
        [bar for line in lines for bar in line.by_cost],
        [bar for line in lines for bar in line.by_tokens],
    ):
        assert bars[0].x == 0
        assert all(after.x == before.x + before.width for before, after in pairwise(bars))
        assert bars[-1].x + bars[-1].width == 100
    assert lines[1].by_cost == []


def test_a_long_wait_is_left_out_and_said(run, client_for, alice):
    waited = timedelta(hours=2)
    last = run.steps.order_by("-id")[0]
    Step.objects.filter(pk=last.pk).update(started_at=F("started_at") + waited)

    found = drawn(run)

    think, _, answer = (line.by_time[0] for line in found.lines)
    assert think.width > 40
    assert answer.width > 40
    assert waited - timedelta(seconds=1) < found.left_out < waited
    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
    assert "1:59:59 of waiting is not drawn" in html


def test_each_attempt_has_its_bar_and_a_failed_one_is_red(alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.fail(run, journal.dispatch(run))
    journal.buy(run, attempt=2)
    journal.finish(run)

    found = drawn(run)

    (line,) = found.lines
    assert [bar.css for bar in line.by_time] == ["wf-bad", "f1"]
    assert found.legends["by_time"] == [("LLM call", "d1"), ("Failed", "wf-dot-bad")]


def test_a_call_in_flight_ends_now_and_its_held_money_is_pale(alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, duration_ms=1000)
    journal.dispatch(run, "react/t2/think")
    live = run.steps.get(status="started")

    found = drawn(run, live.started_at + timedelta(seconds=1))

    bar = found.lines[-1].by_time[0]
    assert bar.x + bar.width == 100
    assert [part.css for part in found.lines[-1].by_cost] == ["f1b"]
    assert found.legends["by_cost"] == [("Settled", "d1"), ("Held", "d1b")]


def test_the_legend_has_only_what_is_drawn(alice, client_for):
    run = journal.start(RunFactory.create(owner=alice))
    journal.fail(run, journal.dispatch(run))
    journal.finish(run, None, status="failed", error={"code": "timeout", "message": "Silence."})

    found = drawn(run).legends

    assert found == {"by_time": [("Failed", "wf-dot-bad")], "by_cost": [], "by_tokens": []}
    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
    assert '<span class="legend by-cost"><span>Nothing to draw</span></span>' in html
    assert "</i>Tool<" not in html


def test_the_page_has_every_figure_as_a_table(run, client_for, alice):
    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()

    (table,) = re.findall(r'<table class="table table-compact wf">.*?</table>', html, re.DOTALL)
    assert table.count('<th scope="row">') == 3
    cells = re.sub(r"<[^>]+>|\s+", " ", table)
    for figure in ("2.9 s", "12 ms", "812", "248", "free"):
        assert figure in cells
    assert "style=" not in table


def test_a_run_without_steps_says_so(client_for, alice):
    run = RunFactory.create(owner=alice)

    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()

    assert "Each step is drawn here as it runs." in html
