"""The cache over the API."""

from decimal import Decimal
from typing import Any

import pytest

from runs.models import Run
from tests.factories import set_budget
from tests.runs.breaking import close_all, opened, put

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def post(api: Any, run: Run, path: str = URL, **body: Any) -> Any:
    return api.post(path, {"task": run.task, **body}, format="json")


def test_a_hit_says_so_and_names_the_run_that_paid(api, paid: Run) -> None:
    response = post(api, paid)

    assert response.status_code == 202
    shown = response.json()
    assert (shown["status"], shown["answer"]) == ("succeeded", paid.answer)
    assert (shown["cache_hit"], shown["cost_usd"]) == (True, "0")
    assert Decimal(shown["saved_usd"]) == paid.cost_usd
    assert shown["links"]["paid_by"] == f"http://testserver/api/v1/runs/{paid.pk}/"
    assert api.get(shown["links"]["self"]).json() == shown
    assert api.get(shown["links"]["paid_by"]).json()["id"] == str(paid.pk)


def test_a_run_that_paid_says_that_too(api, paid: Run) -> None:
    shown = api.get(f"{URL}{paid.pk}/").json()
    assert (shown["cache_hit"], shown["links"]["paid_by"]) == (False, None)


def test_a_hit_of_a_deleted_run_has_no_link(api, paid: Run) -> None:
    own = post(api, paid).json()["links"]["self"]
    paid.delete()
    shown = api.get(own).json()
    assert (shown["cache_hit"], shown["links"]["paid_by"]) == (True, None)


def test_its_bill_is_empty(api, paid: Run) -> None:
    shown = post(api, paid).json()
    ledger = api.get(f"{shown['links']['self']}ledger/").json()
    assert (ledger["results"], ledger["cost_usd"]) == ([], "0")


@pytest.mark.parametrize("wish", ["refresh", "off"])
def test_a_submit_may_ask_for_a_new_answer(api, paid: Run, wish: str) -> None:
    shown = post(api, paid, cache=wish).json()
    assert (shown["status"], shown["cache_hit"]) == ("queued", False)


def test_a_used_up_budget_refuses_all_but_a_hit(api, alice, paid: Run) -> None:
    set_budget(scope="user", user=alice, limit=paid.cost_usd)
    assert post(api, paid, cache="off").status_code == 402
    assert post(api, paid).status_code == 202


def test_a_provider_that_fails_refuses_all_but_a_hit(api, paid: Run) -> None:
    put(paid.chosen_model, opened())
    try:
        assert post(api, paid, cache="refresh").status_code == 503
        assert post(api, paid).json()["cache_hit"]
    finally:
        close_all()


def test_the_estimate_of_a_hit_is_nothing(api, paid: Run) -> None:
    estimate = "/api/v1/estimate/"
    assert post(api, paid, estimate).json() == {
        "llm_calls": {"min": 0, "typical": 0, "max": 0},
        "cost_usd": {"p10": "0", "p50": "0", "p90": "0", "max": "0"},
        "basis": "cache",
        "sample_size": 1,
        "would_exceed": None,
        "routing": {"chosen": paid.chosen_model, "reason": paid.routing_reason},
        "taken_over": None,
    }
    assert post(api, paid, estimate, cache="refresh").json()["basis"] == "formula"


def test_others_get_neither_answer_nor_estimate_of_it(api_for, bob, paid: Run) -> None:
    api = api_for(bob)
    assert post(api, paid, "/api/v1/estimate/").json()["basis"] == "formula"
    assert post(api, paid).json()["status"] == "queued"


def test_savings_are_in_the_usage_report(api, paid: Run) -> None:
    post(api, paid)
    (row,) = api.get("/api/v1/usage/?group_by=model").json()["results"]
    assert Decimal(row["saved_usd"]) == Decimal(row["cost_usd"]) == paid.cost_usd
    assert (row["runs"], row["charged_runs"]) == (2, 1)
