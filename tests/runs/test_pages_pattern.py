"""A pattern that is registered from outside is offered, priced and drawn, with no further code."""

from collections.abc import Iterator

import pytest

from runs.engine.registry import PATTERNS, register
from tests import journal
from tests.example_pattern import vote
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pattern() -> Iterator[None]:
    register(vote())
    yield
    del PATTERNS["vote"]


def test_the_composer_and_the_api_offer_it(client_for, api_for, alice):
    html = client_for(alice).get("/").content.decode()
    offered = api_for(alice).get("/api/v1/patterns/").json()

    assert 'value="vote"' in html
    assert "There is one right answer, and one attempt may miss it." in html
    (shown,) = [one for one in offered["results"] if one["key"] == "vote"]
    assert shown["llm_calls"] == {"min": 4, "typical": 4, "max": 4}
    assert shown["steps"][1]["variables"] == ["task", "answers"]


def test_it_can_be_submitted_and_estimated(api_for, alice):
    body = {"task": "How many legs has a spider?", "pattern": "vote"}
    api = api_for(alice)

    assert api.post("/api/v1/runs/", body, format="json").status_code == 202
    estimate = api.post("/api/v1/estimate/", body, format="json").json()
    assert estimate["llm_calls"] == {"min": 4, "typical": 4, "max": 4}


def test_the_page_draws_its_steps(client_for, alice):
    run = journal.start(RunFactory.create(owner=alice, pattern="vote"))
    journal.buy(run, "vote/answer/1", label="Answering")
    journal.buy(run, "vote/choose", label="Choosing")
    journal.finish(run)

    response = client_for(alice).get(f"/runs/{run.pk}/")

    rows = response.context["page"].rows
    assert [(row.label, row.icon) for row in rows] == [("Answering", "think"), ("Choosing", "pen")]


def test_a_pattern_that_has_gone_is_drawn_all_the_same(client_for, alice):
    run = journal.start(RunFactory.create(owner=alice, pattern="gone"))
    journal.buy(run, "gone/dig", label="Digging")
    journal.finish(run)

    assert "Digging" in client_for(alice).get(f"/runs/{run.pk}/").content.decode()
