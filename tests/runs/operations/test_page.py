"""Operations: for staff alone, with figures that agree with the ledger."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.forecasts.scoring import score
from runs.models import Worker
from runs.operations.selectors.site import site_state
from tests import journal
from tests.factories import RunFactory, WorkerFactory
from tests.runs.forecasts.scored import scored

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/ops/", "/ops/fragment/"])
def test_only_staff_see_it(client_for, alice, staff, path):
    assert client_for(alice).get(path).status_code == 404
    assert client_for(staff).get(path).status_code == 200


def test_spend_is_per_user_and_adds_up(alice, bob):
    mine = journal.succeed(RunFactory.create(owner=alice, simulated=False))
    theirs = journal.succeed(RunFactory.create(owner=bob, simulated=False), cached=9)
    unreal = journal.succeed(RunFactory.create(owner=bob, simulated=True))

    site = site_state()

    assert site.people is not None
    assert {person.user: person.spent_usd for person in site.people.shown} == {
        alice: mine.cost_usd,
        bob: theirs.cost_usd,
    }
    assert site.spent_usd == mine.cost_usd + theirs.cost_usd
    assert site.simulated_usd == unreal.cost_usd


def test_running_and_queued_runs_are_counted_with_the_oldest_wait(alice, client_for, staff):
    running = journal.start(RunFactory.create(owner=alice, task="Running task"))
    journal.dispatch(running)
    RunFactory.create(owner=alice)

    site = site_state()
    html = client_for(staff).get("/ops/").content.decode()

    assert (site.running_count, site.queued_count) == (1, 1)
    assert site.oldest_wait is not None
    assert timedelta(0) <= site.oldest_wait < timedelta(minutes=1)
    assert site.simulated_held_usd == running.held_usd > 0
    assert "Running task" in html
    assert f"/runs/{running.pk}/" not in html


@pytest.mark.parametrize(
    ("age_s", "ended", "words"),
    [(0, False, "Ready"), (7, False, "Late"), (20, False, "Gone"), (20, True, "Stopped")],
)
def test_a_heartbeats_age_is_said_in_words(age_s, ended, words):
    seen = timezone.now() - timedelta(seconds=age_s)
    WorkerFactory.create(seen_at=seen, ended_at=timezone.now() if ended else None)

    assert site_state().workers[0].words == words


def test_problems_come_first(client_for, staff):
    WorkerFactory.create(name="w-gone", seen_at=timezone.now() - timedelta(seconds=20))

    html = client_for(staff).get("/ops/").content.decode()

    assert "Worker w-gone has sent no heartbeat for over 15 s." in html
    assert "No worker is alive" in html


def test_money_in_doubt_is_listed_until_an_exact_line_replaces_it(alice):
    run = journal.start(RunFactory.create(owner=alice, simulated=False))
    hold = journal.dispatch(run)
    journal.lose_worker(run)
    before = site_state().in_doubt

    journal.settle(run, hold)
    after = site_state().in_doubt

    assert before.count == 1
    assert before.real_usd == journal.cost("gpt-4.1-mini", 2000, 0, 1000)
    assert after.count == 0


def test_the_number_of_queries_is_constant(
    client_for, staff, alice, bob, django_assert_max_num_queries
):
    for owner in (alice, bob, staff):
        for _ in range(3):
            journal.dispatch(journal.start(RunFactory.create(owner=owner)))
    assert Worker.objects.count() == 9
    browser = client_for(staff)
    with django_assert_max_num_queries(15):
        browser.get("/ops/")


def test_forecasts_are_shown_by_pattern_and_model(client_for, staff):
    page = client_for(staff).get("/ops/").content.decode()
    assert "No forecast has been scored yet." in page
    scored([2] * 10 + [9] * 10)
    scored([2] * 3, pattern="storm")
    score()

    page = client_for(staff).get("/ops/").content.decode()

    assert "50%" in page
    assert "30–70%, too narrow" in page
    assert "1 more kind of forecast has fewer than 20 scored" in page
