"""Errors, p50 and p95: of the hour, of the day, by pattern and by version of prompts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from runs.models import Run
from runs.operations.selectors.outcomes import outcomes
from runs.services.cancel import cancel_run
from runs.services.feedback import give_feedback
from tests import journal
from tests.factories import RunFactory
from tests.runs.prompts.sets import prompt_set

pytestmark = pytest.mark.django_db


def ended(
    owner: User, *, took_s: int, ago: timedelta = timedelta(0), status: str = "succeeded", **options
) -> Run:
    """A run that ended so long ago, after so many seconds."""
    run = journal.start(RunFactory.create(owner=owner, **{"simulated": False, **options}))
    journal.finish(run, status=status, stop_reason="completed")
    finished_at = timezone.now() - ago
    started_at = finished_at - timedelta(seconds=took_s)
    Run.objects.filter(pk=run.pk).update(finished_at=finished_at, started_at=started_at)
    return run


def seconds(span: timedelta | None) -> float:
    assert span is not None
    return round(span.total_seconds(), 3)


def test_hour_and_day_are_apart(alice):
    for took_s in (10, 20, 30):
        ended(alice, took_s=took_s)
    ended(alice, took_s=500, ago=timedelta(hours=2), status="failed")
    ended(alice, took_s=9000, ago=timedelta(hours=25), status="failed")

    found = outcomes(simulated=False)

    assert (found.hour.ended, found.hour.failed, found.day.ended, found.day.failed) == (3, 0, 4, 1)
    assert (seconds(found.hour.p50), seconds(found.hour.p95)) == (20, 29)
    assert seconds(found.day.p50) == 25


def test_each_pattern_has_its_own_the_most_first(alice):
    ended(alice, took_s=10, pattern="react")
    for status in ("failed", "succeeded", "succeeded"):
        ended(alice, took_s=60, pattern="storm", status=status)

    found = outcomes(simulated=False).by_pattern

    assert [(one.name, one.ended, one.failed) for one in found] == [
        ("storm", 3, 1),
        ("react", 1, 0),
    ]
    assert [seconds(one.p95) for one in found] == [60, 10]


def test_versions_of_prompts_are_their_owners(alice, bob):
    for owner, count in ((alice, 2), (bob, 1)):
        version = prompt_set(owner, "plain")
        for _ in range(count):
            ended(owner, took_s=5, prompt_set="plain@1", prompt_version=version)
    ended(alice, took_s=5)

    found = outcomes(simulated=False).by_prompts

    assert [(one.name, one.owner and one.owner.email, one.ended) for one in found] == [
        ("plain@1", alice.email, 2),
        ("plain@1", bob.email, 1),
    ]


def test_who_cancelled_made_no_error_and_simulated_runs_are_apart(alice):
    cancelled = journal.start(RunFactory.create(owner=alice, simulated=False))
    journal.finish(cancel_run(run=cancelled), status="cancelled")
    ended(alice, took_s=7, simulated=True, status="failed")

    real, unreal = outcomes(simulated=False), outcomes(simulated=True)

    assert (real.day.ended, real.day.p50) == (0, None)
    assert (unreal.day.ended, unreal.day.failed) == (1, 1)


def test_one_users_are_read_alone(alice, bob):
    ended(alice, took_s=5)
    ended(bob, took_s=50, status="failed")

    found = outcomes(simulated=False, owner=alice)

    assert (found.day.ended, found.day.failed, seconds(found.day.p50)) == (1, 0, 5)


def test_without_runs_nothing_is_known(db):
    found = outcomes(simulated=False)
    assert (found.hour.ended, found.day.ended, found.by_pattern, found.by_prompts) == (0, 0, [], [])


def test_feedback_is_counted_by_pattern_and_model(alice, bob):
    for owner, score in ((alice, 1), (alice, 1), (bob, -1), (bob, None)):
        run = ended(owner, took_s=1)
        if score:
            give_feedback(run=run, score=score)
    give_feedback(run=ended(bob, took_s=1, chosen_model="gpt-5-nano"), score=1)
    give_feedback(run=ended(bob, took_s=1, ago=timedelta(hours=25)), score=-1)
    ended(bob, took_s=1, pattern="storm")

    def said(found):
        return [(one.pattern, one.model, one.good, one.bad) for one in found.feedback]

    assert said(outcomes(simulated=False)) == [
        ("react", "gpt-4.1-mini", 2, 1),
        ("react", "gpt-5-nano", 1, 0),
    ]
    assert said(outcomes(simulated=False, owner=bob)) == [
        ("react", "gpt-4.1-mini", 0, 1),
        ("react", "gpt-5-nano", 1, 0),
    ]
    assert said(outcomes(simulated=True)) == []


def test_the_page_shows_it(client_for, staff, alice):
    browser = client_for(staff)
    assert "feedback-title" not in browser.get("/ops/?dollars=real").content.decode()
    give_feedback(run=ended(alice, took_s=1), score=1)
    html = browser.get("/ops/?dollars=real").content.decode()
    card = html.split('id="feedback-title"')[1].split("</section>")[0]
    assert "<td>ReAct</td>" in card
    assert "100.0%" in card
