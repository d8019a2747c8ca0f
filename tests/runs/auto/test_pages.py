"""Auto in the composer, in its estimate, on the run's page and on the usage page."""

import re
from typing import Any

import pytest

from billing.templatetags.money import usd
from runs.models import Run
from runs.services import Submission, submit_run
from tests import journal

pytestmark = pytest.mark.django_db
CHEAP, STRONG = "gpt-4.1-mini", "gpt-4.1"
SIMPLE, COMPLEX = "What is 6 times 7?", "Compare both and prove which one is better."


@pytest.fixture
def browser(client_for, alice, settings):
    settings.CHEAP_MODELS, settings.STRONG_MODELS = (CHEAP,), (STRONG,)
    return client_for(alice)


def page(browser: Any, address: str) -> str:
    return re.sub(r"\s+", " ", browser.get(address).content.decode())


def strip(browser: Any, task: str, model: str = "auto") -> str:
    form = {"task": task, "pattern": "react", "model": model, "idempotency_key": "k"}
    return re.sub(r"\s+", " ", browser.post("/estimate/", form).content.decode())


def test_the_choice_names_both_models_until_there_is_a_task(browser, settings) -> None:
    assert f"Auto: {CHEAP} or {STRONG}</option>" in page(browser, "/")
    settings.STRONG_MODELS = (CHEAP,)
    assert f"Auto: {CHEAP}</option>" in page(browser, "/")


@pytest.mark.parametrize(
    ("task", "model", "why"),
    [
        (SIMPLE, CHEAP, "A simple task: short and plain."),
        (COMPLEX, STRONG, "A complex task, by words that ask for reasoning."),
    ],
)
def test_the_estimate_says_what_auto_takes_and_why(browser, task, model, why) -> None:
    html = strip(browser, task)
    assert f'data-auto="{model}"' in html
    assert f"Auto takes {model}. {why}" in html


def test_beside_another_model_only_the_choice_says_it(browser) -> None:
    html = strip(browser, COMPLEX, model="gpt-5-mini")
    assert f'data-auto="{STRONG}"' in html
    assert "Auto takes" not in html


def test_without_a_task_auto_takes_nothing(browser) -> None:
    assert 'data-auto=""' in strip(browser, "  ")


@pytest.mark.parametrize("model", ["auto", "gpt-4.1-nano"])
def test_a_rerun_keeps_what_was_asked_for(browser, alice, model) -> None:
    run = submit_run(owner=alice, submission=Submission(task=COMPLEX, model=model)).run
    html = page(browser, f"/?from={run.pk}")
    assert f'<option value="{model}" selected' in html
    assert f"Auto: {STRONG}</option>" in html
    assert f"&quot;model&quot;: &quot;{model}&quot;" in page(browser, f"/runs/{run.pk}/")


def test_the_runs_page_has_the_reason_and_the_runner_up(browser, alice) -> None:
    run = submit_run(owner=alice, submission=Submission(task=SIMPLE)).run
    address = f"/runs/{run.pk}/"
    queued = page(browser, address)
    assert "<dd>A simple task: short and plain.</dd>" in queued
    assert f"<dt>Runner-up</dt><dd>{STRONG}: $2.00 in, $8.00 out per million</dd>" in queued

    journal.succeed(Run.objects.get(pk=run.pk))
    cost = r"\$0\.\d+ for the same tokens"
    assert re.search(
        rf"<dd>{STRONG}, {cost} \(\$2.00 in, \$8.00 out per million\)</dd>", page(browser, address)
    )


def test_a_run_of_before_has_no_runner_up(browser, alice) -> None:
    run = submit_run(owner=alice, submission=Submission(task=SIMPLE)).run
    Run.objects.filter(pk=run.pk).update(route=None)
    assert "Runner-up" not in page(browser, f"/runs/{run.pk}/")


def test_usage_shows_and_explains_what_routing_saved(browser, alice) -> None:
    run = submit_run(owner=alice, submission=Submission(task=SIMPLE)).run
    assert "$0.00 by routing" in page(browser, "/usage/")
    run = journal.succeed(Run.objects.get(pk=run.pk))
    there = journal.cost(STRONG, run.input_tokens, 0, run.output_tokens)
    html = page(browser, "/usage/")
    assert browser.get("/usage/").context["usage"].total.saved_by_routing == there - run.cost_usd
    assert f"{usd(there - run.cost_usd)} by routing" in html
    assert "what the same tokens would have cost at the strong model’s prices" in html
