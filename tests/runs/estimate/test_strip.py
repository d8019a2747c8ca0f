"""The composer's estimate: complete without script, refreshed from the form, honest about money."""

import re
from decimal import Decimal
from typing import Any

import pytest

from billing.models import ModelSafety
from billing.services import create_budget
from runs.models import Run
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.providers import openai
from tests.runs.estimate.past import past

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def strip(browser: Any, **changes: Any) -> str:
    """The strip for a filled-in form, as text; white space made one."""
    data = {
        "task": "What is 6 times 7?",
        "pattern": "react",
        "model": "gpt-4.1-mini",
        "tools": ["calculator"],
        "idempotency_key": "k",
    }
    response = browser.post("/estimate/", data | changes)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_it_tells_calls_and_cost_from_history(browser) -> None:
    past(["0.0092"] * 12)
    html = strip(browser)
    assert re.search(r"<b>1–4 calls · about \$0\.0092, at most \$0\.\d{4}</b>", html)
    assert "From 12 runs like this one." in html
    assert "warn-text" not in html
    assert Run.objects.count() == 12, "nothing was submitted"


def test_without_history_it_says_that_it_is_the_formula(browser) -> None:
    assert "From the formula; no history yet." in strip(browser)


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({"react-max_iterations": "9"}, "1–10 calls"),
        ({"react-max_iterations": "x"}, "1–6 calls"),
        ({"pattern": "reflection", "reflection-max_reflection_cycles": "0"}, "1 call"),
        ({"task": ""}, "1–6 calls"),
    ],
)
def test_the_range_of_calls_follows_the_parameters(browser, changes, calls) -> None:
    assert f'data-calls="{calls}"' in strip(browser, **changes)


def test_without_a_task_only_calls_are_told(browser) -> None:
    html = strip(browser, task="  ")
    assert "<b>1–6 calls</b>" in html
    assert "about" not in html


def test_a_model_without_a_price_is_named(browser, settings) -> None:
    settings.PROVIDER_MODELS = ("model-nobody-prices",)
    assert "has no price" in strip(browser, model="model-nobody-prices")


def test_what_would_pass_a_budget_is_amber_and_can_still_run(browser, alice) -> None:
    past(["0.0400"] * 12)
    create_budget(scope="user", period="day", limit_usd=Decimal("0.018"), user=alice)
    html = strip(browser)
    assert re.search(r"At most \$0\.\d{4}, but \$0\.0180 is left today\. It will stop there", html)
    assert 'data-used-up="false"' in html


def test_a_budget_that_is_used_up_disables_the_button(browser, alice) -> None:
    journal.succeed(RunFactory.create(owner=alice))
    create_budget(scope="site", period="month", limit_usd=Decimal("0.0001"), timezone="Asia/Tokyo")
    html = strip(browser)
    assert "The site’s monthly budget of $0.0001 is used up." in html
    assert re.search(r"It resets on 1 \w{3} at 00:00 \(Asia/Tokyo\)\.", html)
    assert 'data-used-up="true"' in html
    run = Run.objects.get()
    page = browser.get(f"/?from={run.pk}").content.decode()
    assert re.search(r'id="submit" disabled', page)


def test_a_cost_limit_that_is_too_low_to_start_is_told_before_run_is_pressed(browser) -> None:
    html = strip(browser, max_cost_usd="0.000001")
    assert "A cost limit of $0.000001 is too low to start" in html
    assert re.search(r"its first and its last call may cost \$0\.\d+\.", html)
    assert 'data-used-up="true"' in html


def needed(html: str) -> Decimal:
    found = re.search(r"may cost \$(0\.\d+)\.", html)
    assert found
    return Decimal(found[1])


def test_the_limit_that_it_names_is_enough_to_start(browser) -> None:
    enough = needed(strip(browser, max_cost_usd="0.000001")) + Decimal("0.0001")
    html = strip(browser, max_cost_usd=str(enough))
    assert "too low to start" not in html
    assert 'data-used-up="false"' in html


def test_a_budget_that_would_refuse_the_run_says_so_first(browser, alice) -> None:
    create_budget(scope="user", period="day", limit_usd=Decimal("0.000002"), user=alice)
    html = strip(browser)
    assert "Your daily budget of $0.000002 has $0.000002 left, too little to start" in html
    assert 'data-used-up="true"' in html
    form = {
        "task": "What is 6 times 7?",
        "pattern": "react",
        "model": "gpt-4.1-mini",
        "tools": ["calculator"],
        "idempotency_key": "k",
    }
    assert browser.post("/", form).status_code == 402
    assert not Run.objects.exists()


def test_a_soft_budget_stops_nothing(browser, alice) -> None:
    create_budget(scope="user", period="day", limit_usd=Decimal("0.000002"), user=alice, hard=False)
    assert 'data-used-up="false"' in strip(browser)


def test_about_and_at_most_are_explained(browser) -> None:
    html = strip(browser)
    assert "Half of such runs cost less than the first figure" in html
    assert "none can cost more than the second" in html


def test_the_first_sentence_is_the_servers(browser, alice) -> None:
    assert "<b>1–6 calls</b>" in browser.get("/").content.decode()
    run = RunFactory.create(owner=alice)
    assert re.search(r"<b>1–6 calls · about \$", browser.get(f"/?from={run.pk}").content.decode())


def test_a_stranger_gets_no_estimate(client) -> None:
    assert client.post("/estimate/", {"task": "x"}).status_code == 302


def test_a_queued_runs_page_tells_what_it_will_cost(browser, alice) -> None:
    past(["0.0092"] * 12)
    html = browser.get(f"/runs/{RunFactory.create(owner=alice).pk}/").content.decode()
    for words in ("Forecast", "1–4 calls", "Will cost about", "$0.0092", "at most $"):
        assert words in html


class TestCapsNotKnownYet:
    """A hard limit sends one call at a time of a model that hasn't kept its output cap yet."""

    WORDS = "a hard limit lets one call at a time be sent"

    @pytest.fixture(autouse=True)
    def real(self, settings):
        settings.SIMULATED, settings.PROVIDERS = False, openai()

    def test_it_says_so_under_a_hard_budget_or_a_cost_limit(self, browser):
        assert self.WORDS not in strip(browser)
        assert self.WORDS in strip(browser, max_cost_usd="0.50")
        set_budget(10)
        assert "No answer of gpt-4.1-mini has shown yet that" in strip(browser)
        assert self.WORDS in strip(browser)

    def test_a_soft_budget_makes_no_call_wait(self, browser):
        set_budget(10, hard=False)
        assert self.WORDS not in strip(browser)

    @pytest.mark.parametrize("known", ["keeps_cap", "ignores_cap"])
    def test_what_is_known_is_not_said(self, browser, known):
        set_budget(10)
        ModelSafety.objects.create(provider="openai", model="gpt-4.1-mini", **{known: True})
        assert self.WORDS not in strip(browser)

    def test_one_call_waits_for_none(self, browser):
        set_budget(10)
        alone = {"pattern": "reflection", "reflection-max_reflection_cycles": "0"}
        assert self.WORDS not in strip(browser, **alone)


def test_the_simulator_keeps_every_cap(browser):
    set_budget(10)
    assert TestCapsNotKnownYet.WORDS not in strip(browser)
