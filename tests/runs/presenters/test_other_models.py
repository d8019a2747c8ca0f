"""What a run would cost on another model: a range, from the site's forks if it has any."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from billing.models import LedgerEntry
from runs.models import Run
from runs.presenters.other_models import Elsewhere, elsewhere
from runs.selectors.journal import books
from runs.selectors.other_models import other_models
from tests import journal
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]

OTHER = "gpt-4.1"
# What `journal.succeed` buys.
TURNS = ((812, 224), (1236, 248))


def on_other(run: Run) -> Elsewhere:
    (found,) = (row for row in elsewhere(books(run), other_models(run)) if row.model == OTHER)
    return found


def expected(inputs: Decimal | int, outputs: Decimal | int) -> Decimal:
    """Each call's tokens times these, at the prices of the other model."""
    calls = ((round(fresh * inputs), round(output * outputs)) for fresh, output in TURNS)
    return sum((journal.cost(OTHER, fresh, 0, output) for fresh, output in calls), Decimal(0))


@pytest.fixture
def run(alice: User) -> Run:
    return journal.succeed(RunFactory.create(owner=alice, task="The same"))


def rerun(owner: User, times: int, **options: Any) -> Run:
    """The same work on the other model, with so many times the tokens."""
    given = {"owner": owner, "task": "The same", "chosen_model": OTHER} | options
    run = journal.start(RunFactory.create(**given))
    for turn, (fresh, output) in enumerate(TURNS, 1):
        journal.buy(run, f"react/t{turn}/think", fresh=fresh * times, output=output * times)
    return journal.finish(run)


def fork(api: Any, run: Run) -> Run:
    """The last call of a run again on the other model: twice the input, three times the output."""
    body = {"fork": {"run": str(run.pk), "step": "react/t1/tool/1"}, "model": OTHER}
    headers = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    answer = api.post("/api/v1/runs/", body, format="json", **headers)
    assert answer.status_code == 202, answer.content
    forked = journal.start(Run.objects.get(pk=answer.json()["id"]))
    fresh, output = TURNS[1]
    journal.buy(forked, "react/t2/think", fresh=2 * fresh, output=3 * output)
    return journal.finish(forked)


def test_without_such_runs_it_is_our_stated_guess(run: Run) -> None:
    found = on_other(run)
    assert (found.low_usd, found.high_usd) == (
        expected(Decimal("0.8"), Decimal("0.5")),
        expected(Decimal("1.25"), 2),
    )
    assert found.seen == 0


def test_its_most_reads_nothing_from_a_cache(alice: User) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, fresh=100, cached=900, output=100)
    found = on_other(journal.finish(run))
    assert found.low_usd == journal.cost(OTHER, 80, 720, 50)
    assert found.high_usd == journal.cost(OTHER, 1250, 0, 200)


def test_forks_of_anyone_narrow_it_by_what_they_bought(
    run: Run, api_for: Any, bob: User, alice: User
) -> None:
    theirs = journal.succeed(RunFactory.create(owner=bob))
    for _ in range(3):
        fork(api_for(bob), theirs)
    found = on_other(run)
    assert (found.low_usd, found.high_usd, found.seen) == (expected(2, 3), expected(2, 3), 3)


def test_reruns_of_the_same_task_narrow_it_but_those_of_others_do_not(
    run: Run, alice: User, bob: User
) -> None:
    for times in (1, 2, 3):
        rerun(alice, times)
        rerun(bob, 10 * times)
        rerun(alice, 10 * times, task="Another")
    found = on_other(run)
    assert (found.low_usd, found.high_usd, found.seen) == (expected(1, 1), expected(3, 3), 3)


def test_two_are_too_few(run: Run, alice: User) -> None:
    rerun(alice, 1)
    rerun(alice, 1)
    assert on_other(run).seen == 0


def test_the_runs_own_model_is_not_among_them(run: Run) -> None:
    models = [row.model for row in elsewhere(books(run), other_models(run))]
    assert run.chosen_model not in models
    assert OTHER in models


def test_it_takes_three_queries(run: Run, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        other_models(run)


def test_the_page_says_the_range_once_the_run_has_ended(
    run: Run, alice: User, client_for: Any
) -> None:
    browser: Client = client_for(alice)
    html = browser.get(f"/runs/{run.pk}/").content.decode()
    found = on_other(run)
    assert f"${found.low_usd:.4f} – ${found.high_usd:.4f}" in html
    waiting = RunFactory.create(owner=alice)
    html = browser.get(f"/runs/{waiting.pk}/").content.decode()
    assert "On another model" not in html
    assert not LedgerEntry.objects.filter(run_id=waiting.pk).exists()
