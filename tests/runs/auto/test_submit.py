"""A submit with `auto`: what is chosen, why, what is kept of it, and what it saved."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.models import ModelPrice
from runs.models import Run
from runs.services.auto import usual_model
from tests import journal
from tests.factories import set_budget
from tests.runs.breaking import close_all, opened, put

pytestmark = pytest.mark.django_db
CHEAP, STRONG = "gpt-4.1-mini", "gpt-4.1"
SIMPLE, COMPLEX = "What is 6 times 7?", "Compare both and prove which one is better."


@pytest.fixture(autouse=True)
def _tiers(settings) -> Iterator[None]:
    settings.CHEAP_MODELS, settings.STRONG_MODELS = (CHEAP,), (STRONG,)
    yield
    close_all()


@pytest.fixture
def api(api_for, alice) -> APIClient:
    client: APIClient = api_for(alice)
    return client


def submit(api: APIClient, task: str = SIMPLE, **body: Any) -> dict[str, Any]:
    answer = api.post("/api/v1/runs/", {"task": task, **body}, format="json")
    assert answer.status_code == 202, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def bought(shown: dict[str, Any], model: str) -> Run:
    """The run after 812 and 1236 tokens of input, 200 of them cached, and 472 of output."""
    return journal.succeed(Run.objects.get(pk=shown["id"]), model=model, cached=100)


def test_a_simple_task_goes_to_the_cheap_model(api) -> None:
    assert submit(api)["routing"] == {
        "requested": "auto",
        "chosen": CHEAP,
        "reason": "A simple task: short and plain.",
        "complexity": "simple",
        "runner_up": {
            "model": STRONG,
            "input_usd": "2",
            "cached_input_usd": "0.5",
            "output_usd": "8",
            "cost_usd": "0",
        },
    }


def test_a_complex_task_goes_to_the_strong_model(api) -> None:
    routing = submit(api, COMPLEX)["routing"]
    assert (routing["chosen"], routing["complexity"]) == (STRONG, "complex")
    assert routing["reason"] == "A complex task, by words that ask for reasoning."
    assert routing["runner_up"]["model"] == CHEAP


@pytest.mark.parametrize(
    "body",
    [
        {"pattern": "storm", "goals": ["short"]},
        {"pattern": "lats", "goals": ["short", "in French", "with sources"]},
        {"params": {"max_iterations": 25}, "custom_instructions": "x " * 2_000},
    ],
)
def test_pattern_parameters_goals_and_instructions_count(api, settings, body) -> None:
    settings.TOOL_SECRETS = {"search_url": "http://127.0.0.1:9/search", "tavily_key": ""}
    assert submit(api, "1, 2 and 3", **body)["routing"]["complexity"] == "complex"


def test_a_model_that_was_asked_for_is_taken_whatever_the_task(api) -> None:
    assert submit(api, COMPLEX, model=CHEAP)["routing"] == {
        "requested": CHEAP,
        "chosen": CHEAP,
        "reason": "Chosen by the request.",
        "complexity": None,
        "runner_up": None,
    }


def test_a_model_that_is_not_called_is_passed_over(api) -> None:
    put(CHEAP, opened())
    routing = submit(api)["routing"]
    assert routing["chosen"] == STRONG
    assert routing["reason"].endswith(f" {CHEAP} isn’t called at present.")
    put(STRONG, opened())
    refused = api.post("/api/v1/runs/", {"task": SIMPLE}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (503, "model_unavailable")


def test_without_tiers_the_cheapest_and_the_dearest_are_taken(api, settings) -> None:
    settings.CHEAP_MODELS = settings.STRONG_MODELS = ()
    assert submit(api)["routing"]["chosen"] == "gpt-5-nano"
    assert submit(api, COMPLEX)["routing"]["chosen"] == STRONG
    ModelPrice.objects.create(model=CHEAP, input_price=90, output_price=90)
    assert submit(api, COMPLEX)["routing"]["chosen"] == CHEAP


@pytest.mark.parametrize("cheap", [(STRONG,), (CHEAP,), ()])
def test_the_usual_model_is_what_a_simple_task_gets(api, settings, cheap) -> None:
    settings.CHEAP_MODELS = cheap
    assert usual_model() == submit(api)["routing"]["chosen"]


def test_a_model_without_a_price_is_never_taken(api, settings) -> None:
    settings.PROVIDER_MODELS = ("model-nobody-prices", CHEAP)
    settings.STRONG_MODELS = ("model-nobody-prices",)
    assert submit(api, COMPLEX)["routing"]["chosen"] == CHEAP
    settings.PROVIDER_MODELS = ("model-nobody-prices",)
    refused = api.post("/api/v1/runs/", {"task": SIMPLE}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "unpriced_model")


def test_a_role_has_its_own_model_or_what_the_task_gets(api) -> None:
    body = {"pattern": "reflection", "model": CHEAP}
    named = submit(api, COMPLEX, **body, roles={"reflection": STRONG})
    left = submit(api, COMPLEX, **body, roles={"reflection": "auto"})
    for shown in (named, left):
        run = Run.objects.get(pk=shown["id"])
        assert (run.chosen_model, run.config["roles"]) == (CHEAP, {"reflection": STRONG})


def test_what_the_cheap_model_saved_is_to_the_last_digit(api) -> None:
    run = bought(submit(api), CHEAP)
    there = journal.cost(STRONG, run.input_tokens - 200, 200, run.output_tokens)
    (row,) = api.get("/api/v1/usage/").json()["results"]
    routing = api.get(f"/api/v1/runs/{run.pk}/").json()["routing"]

    assert Decimal(routing["runner_up"]["cost_usd"]) == there
    assert Decimal(row["routing_saved_usd"]) == there - run.cost_usd > 0


@pytest.mark.parametrize(
    ("task", "body", "called"),
    [
        (COMPLEX, {}, STRONG),
        (SIMPLE, {"model": CHEAP}, CHEAP),
        (SIMPLE, {"pattern": "reflection", "roles": {"reflection": "gpt-5-mini"}}, CHEAP),
    ],
)
def test_other_runs_saved_nothing(api, task, body, called) -> None:
    bought(submit(api, task, **body), called)
    assert {row["routing_saved_usd"] for row in api.get("/api/v1/usage/").json()["results"]} == {
        "0"
    }


def test_the_price_is_that_of_the_submit(api) -> None:
    shown = submit(api)
    ModelPrice.objects.create(model=STRONG, input_price=90, output_price=90)
    routing = api.get(f"/api/v1/runs/{shown['id']}/").json()["routing"]
    assert routing["runner_up"]["output_usd"] == "8"


def test_an_estimate_says_what_auto_would_take(api) -> None:
    for task, model in ((SIMPLE, CHEAP), (COMPLEX, STRONG)):
        shown = api.post("/api/v1/estimate/", {"task": task}, format="json").json()
        assert shown["routing"]["chosen"] == model
        assert shown["routing"]["reason"].startswith("A ")


def test_a_budget_is_asked_at_the_chosen_models_price(api) -> None:
    set_budget("0.02")
    assert submit(api)["routing"]["chosen"] == CHEAP
    refused = api.post("/api/v1/runs/", {"task": COMPLEX}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (402, "budget_exceeded")
