"""Help me choose: the questions, the advice, and what this site knows of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.engine.choosing import QUESTIONS, Suits
from runs.engine.registry import PATTERNS
from tests.example_pattern import vote
from tests.runs.estimate.past import past

pytestmark = pytest.mark.django_db
REPORT = {"outcome": "report", "facts": "yes"}
SEARCH = {"search_url": "http://127.0.0.1:9/search"}


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


@pytest.fixture
def advised(browser):
    """The advice for some answers, in words."""
    return lambda **answers: browser.get("/choose/", answers).context["advice"]


def test_it_is_for_those_who_are_signed_in(client):
    assert client.get("/choose/").status_code == 302
    assert client.get("/choose/advice/").status_code == 302


def test_the_composer_leads_there(browser):
    assert 'href="/choose/"' in browser.get("/").content.decode()


def test_every_question_is_asked_and_nothing_is_advised_before_an_answer(browser):
    page = browser.get("/choose/")
    html = page.content.decode()

    assert page.context["advice"] is None
    for question in QUESTIONS:
        for answer in question.options:
            assert f'name="{question.key}" value="{answer}"' in html


def test_the_answers_stay_chosen(browser):
    html = browser.get("/choose/?way=known&facts=perhaps").content.decode()

    assert 'name="way" value="known" checked' in html
    assert html.count("checked") == 1


def test_the_best_and_the_next_best_say_why_with_their_calls(browser):
    html = browser.get("/choose/?facts=yes&way=known&priority=speed").content.decode()

    best, second = PATTERNS["llm_compiler"], PATTERNS["rewoo"]
    assert f"Best fit: {best.label}" in html
    assert f"Next best: {second.label}" in html
    assert best.suits is not None
    assert best.suits.why in html
    assert second.suits is not None
    assert second.suits.why in html
    assert "1–4 calls" in html
    assert "less right for your answer “Speed”" in html


def test_the_button_opens_the_composer_with_that_pattern(browser):
    html = browser.get("/choose/?priority=cost").content.decode()
    assert 'href="/?pattern=rewoo"' in html

    form = browser.get("/?pattern=rewoo").context["form"]

    assert form["pattern"].value() == "rewoo"


def test_a_pattern_that_is_not_there_leaves_the_composer_as_it_is(browser):
    page = browser.get("/?pattern=nothing")

    assert page.status_code == 200
    assert page.context["form"]["pattern"].value() == next(iter(PATTERNS))


def test_the_part_has_the_advice_alone(browser):
    part = browser.get("/choose/advice/?priority=cost").content.decode()

    assert "Best fit: ReWOO" in part
    assert "<html" not in part
    assert "<form" not in part


def test_a_pattern_that_can_not_run_here_is_not_advised(advised, settings):
    settings.TOOL_SECRETS = {}

    found = advised(**REPORT)

    assert "storm" not in (found.best.key, found.second.key)
    [(label, reason)] = found.left_out
    assert label == "STORM"
    assert "search" in reason


def test_it_is_advised_where_it_can(advised, settings):
    settings.TOOL_SECRETS = SEARCH

    found = advised(**REPORT)

    assert found.best.key == "storm"
    assert found.left_out == []


def test_what_can_not_run_is_not_mentioned_where_it_would_not_be_the_best(advised, settings):
    settings.TOOL_SECRETS = {}

    assert advised(priority="cost").left_out == []


def test_enough_runs_have_medians(browser):
    now = timezone.now()
    past(["0.0123"] * 9, started_at=now - timedelta(seconds=75), finished_at=now, pattern="rewoo")
    past(["0.0123"], status="failed", pattern="rewoo")

    html = browser.get("/choose/?priority=cost").content.decode()

    assert "$0.0123" in html
    assert "1:15" in html
    assert "9 of 10 runs" in html
    assert "simulated runs with gpt-4.1-mini" in html


def test_too_few_runs_are_said_so(advised):
    past(["0.01"] * 9, pattern="rewoo")

    found = advised(priority="cost")

    assert found.best.past is None
    assert found.best.too_few == "Medians are shown from 10 runs on; there are 9 so far."
    assert found.second.too_few.startswith("No runs here yet")


def test_without_a_priced_model_there_is_advice_without_medians(advised, settings):
    settings.PROVIDER_MODELS = ("no-such-model-9",)

    found = advised(priority="cost")

    assert found.best.key == "rewoo"
    assert found.model is None


def test_a_pattern_of_a_package_takes_part_once_it_says_whom_it_suits(advised, monkeypatch):
    monkeypatch.setitem(PATTERNS, "vote", own := vote())
    monkeypatch.setattr(own, "suits", None)
    assert advised(outcome="answer", check="reading", facts="no").best.key != "vote"

    suits = Suits("Many see more.", outcome=("answer",), check=("reading",), facts=("no",))
    monkeypatch.setattr(own, "suits", suits)
    assert advised(outcome="answer", check="reading", facts="no").best.label == "Vote"


def test_an_advice_costs_few_queries(browser, django_assert_max_num_queries):
    browser.get("/choose/?facts=yes")

    with django_assert_max_num_queries(9):
        browser.get("/choose/?facts=yes")
