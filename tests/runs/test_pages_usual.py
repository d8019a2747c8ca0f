"""The tiles of a run's page say what such a run usually comes to."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests import journal
from tests.factories import RunFactory
from tests.runs.estimate.past import past

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiles(client_for, alice):
    """The tiles of a run as text."""

    def read(run) -> str:
        html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
        part = html.split('data-part="tiles">')[1].split("</dl>")[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", part))

    return read


def test_calls_stand_beside_the_patterns_formula(tiles, alice):
    run = journal.start(RunFactory.create(owner=alice, params={"max_iterations": 7}))
    assert "forecast 1–8" in tiles(run)
    fixed = {"max_reflection_cycles": 0}
    one = RunFactory.create(owner=alice, pattern="reflection", params=fixed)
    assert "forecast 1 " in tiles(journal.start(one))


def test_the_time_stands_beside_that_of_runs_like_it(tiles, alice):
    now = timezone.now()
    run = journal.succeed(RunFactory.create(owner=alice))
    assert "usually" not in tiles(run)

    for seconds in range(11, 21):
        past(["0.01"], started_at=now - timedelta(seconds=seconds), finished_at=now)
    assert "usually 0:11–0:19" in tiles(run)
    other = journal.succeed(RunFactory.create(owner=alice, simulated=False))
    assert "usually" not in tiles(other)


def test_while_it_goes_on_its_cap_is_shown_and_how_much_of_it_is_used(tiles, alice):
    run = RunFactory.create(owner=alice, max_cost_usd=Decimal("0.08"))
    journal.start(run)
    journal.buy(run, fresh=85_000, output=0)
    run.refresh_from_db()
    used = (run.cost_usd + run.held_usd) / Decimal("0.08") * 100
    assert f"Cost limit $0.08 {used:.1f}% used or held" in tiles(run)
    assert "Saved" not in tiles(run)
    journal.finish(run)
    assert "Cost limit" not in tiles(run)
    assert "Saved" in tiles(run)


def test_without_a_cap_it_says_so(tiles, alice):
    run = journal.start(RunFactory.create(owner=alice))
    assert "Cost limit None nothing limits it" in tiles(run)


def test_money_that_is_held_for_the_last_answer_is_told_from_that_of_the_calls(tiles, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.begin(run)
    kept = run.held_usd
    assert kept
    call = journal.dispatch(run)
    assert f"${kept:.4f} of that for the last answer" in tiles(run)

    journal.settle(run, call)
    journal.finish(run)
    assert "for the last answer" not in tiles(run)


def test_attempts_that_failed_stand_beside_the_calls_that_were_charged(tiles, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.fail(run, journal.dispatch(run))
    assert "0 tool calls 1 failed, not charged" in tiles(run)
    journal.fail(run, journal.dispatch(run, attempt=2))
    journal.buy(run, attempt=3)
    assert "0 tool calls · 2 retries 2 failed, not charged" in tiles(run)
